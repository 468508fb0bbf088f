/** Expectations of the command line that have a name: importing this file adds them to `expect`. */
import { expect } from 'vitest';
import type { Finished } from './smoothout.js';

interface CommandMatchers<R = unknown> {
  /** The command did not begin what it was asked for: this exit status, nothing on stdout, and why on stderr. */
  toBeRefused(expected: { status: number; saying: string | RegExp }): R;
}

declare module 'vitest' {
  interface Assertion<T> extends CommandMatchers<T> {}
}

expect.extend({
  toBeRefused({ status, stdout, stderr }: Finished, expected: { status: number; saying: string | RegExp }) {
    const { saying } = expected;
    const said = typeof saying === 'string' ? stderr.includes(saying) : saying.test(stderr);
    return {
      pass: status === expected.status && stdout === '' && said,
      message: () => `expected status ${expected.status}, nothing on stdout, and ${saying} on stderr`,
      actual: { status, stdout, stderr },
      expected: { status: expected.status, stdout: '', stderr: saying },
    };
  },
});
