import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const BUILT = JSON.stringify(new URL('../../dist/cli/signals.js', import.meta.url).href);

/** Sends itself the signal, and says whether it is asked to stop. */
const program = (signal: string) => `
  const { keepIgnoredSignals, onInterrupt } = await import(${BUILT});
  keepIgnoredSignals();
  const { signal } = onInterrupt();
  process.kill(process.pid, '${signal}');
  setTimeout(() => console.log(signal.aborted ? 'stops' : 'goes on'), 100);`;

const shell = (command: string, signal: string) => {
  const args = ['-c', command, process.execPath, '--input-type=module', '-e', program(signal)];
  const { stdout, stderr } = spawnSync('bash', args, { encoding: 'utf8', input: '' });
  return { does: stdout.trim(), stderr };
};

describe.skipIf(!existsSync('/proc/self/status'))('a signal that was ignored at the start stays ignored', () => {
  test.each([
    ['nohup "$0" "$@"', 'SIGHUP'],
    ['trap "" HUP; "$0" "$@"; true', 'SIGHUP'],
    ['"$0" "$@" & wait', 'SIGINT'],
  ])('%s: %s', (command, signal) => {
    const { does, stderr } = shell(command, signal);
    expect(does).toBe('goes on');
    expect(stderr).toContain(`${signal} ignored`);
  });
});

test.each([
  ['nohup "$0" "$@"', 'SIGTERM'],
  ['nohup "$0" "$@"', 'SIGINT'],
  ['"$0" "$@"; true', 'SIGHUP'],
  ['"$0" "$@"; true', 'SIGINT'],
  ['"$0" "$@" & wait', 'SIGTERM'],
  ['set -m; "$0" "$@" & wait', 'SIGINT'],
])('the others stop: %s: %s', (command, signal) => {
  expect(shell(command, signal).does).toBe('stops');
});
