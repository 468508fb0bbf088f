import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';

const BUILT = new URL('../../dist/cli/signals.js', import.meta.url).href;

/** A program that, once interrupted, either stops with INTERRUPTED's status or never does. */
const program = (stops: boolean) => `
  const { onInterrupt } = await import(${JSON.stringify(BUILT)});
  const { signal } = onInterrupt();
  const alive = setInterval(() => {}, 1000);
  signal.addEventListener('abort', () => {
    console.log(signal.reason.code);
    if (${stops}) { clearInterval(alive); process.exitCode = signal.reason.exitStatus; }
  });
  console.log('ready');`;

async function run(stops: boolean, first: NodeJS.Signals, second?: NodeJS.Signals) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program(stops)], { stdio: 'pipe' });
  let stdout = '';
  child.stdout.on('data', (bytes: Buffer) => {
    stdout += bytes.toString();
    if (stdout === 'ready\n') child.kill(first);
    else if (stdout.endsWith('INTERRUPTED\n') && second !== undefined) child.kill(second);
  });
  const status = await new Promise((resolve) => child.once('close', resolve));
  return { status, stdout };
}

test.each<NodeJS.Signals>(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'])(
  '%s asks to stop: status 75',
  async (signal) => {
    expect(await run(true, signal)).toEqual({ status: 75, stdout: 'ready\nINTERRUPTED\n' });
  },
);

test('a second signal, of whatever kind, ends the process at once: status 130', async () => {
  expect(await run(false, 'SIGTERM', 'SIGINT')).toEqual({ status: 130, stdout: 'ready\nINTERRUPTED\n' });
});
