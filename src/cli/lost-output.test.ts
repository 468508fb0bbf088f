/** The real program, whose output is lost in every way there is: nothing that it computes is. */
import { execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { runPaths } from '../records/run-folder.js';
import { readRunRecord } from '../records/run-record.js';
import { findPython } from '../testing/python.js';
import { smallConfig, smallMnist } from './testing/small-mnist.js';
import { EXECUTABLE, smoothout } from './testing/smoothout.js';

let data: string;
let config: string;
beforeAll(async () => {
  data = await smallMnist();
  config = await smallConfig({ epochs: 10, batchSize: 20, methods: [{ name: 'baseline' }] });
});

const out = (name: string) => join(dirname(config), name);
const run = (name: string) => ['run', config, '--data', data, '--out', out(name)];
const shell = (command: string) => smoothout.with({ through: ['bash', '-c', command] });
const statusOf = async (name: string) => {
  const { record } = runPaths(out(name), { experiment: 'small', method: { label: 'baseline' }, seed: 1 });
  return (await readRunRecord(record))?.status;
};

const python = findPython('pty');
const CLOSING = fileURLToPath(new URL('testing/closing-terminal.py', import.meta.url));

describe.skipIf(python === undefined)('a terminal that is closed', () => {
  /** How a command ended whose terminal was closed when its table showed an epoch. */
  const onTerminal = (...command: readonly string[]) =>
    promisify(execFile)(python!, [CLOSING, '/60', ...command]).then(({ stdout }) => stdout.trim());
  const longRun = (name: string) => [...run(name), '--set', 'epochs=60'];

  test('stops a run where it can be resumed', async () => {
    const end = await onTerminal(process.execPath, EXECUTABLE, ...longRun('closed'));
    expect([end, await statusOf('closed')]).toEqual(['status 75', 'interrupted']);
    expect((await smoothout`${longRun('closed')}`).status).toBe(0);
  });

  test('does not stop a run that has left its session', async () => {
    const status = `${out('left')}.status`;
    const job = `setsid bash -c '"$0" "$@"; echo $? > ${status}' "$0" "$@" & wait`;
    await onTerminal('bash', '-c', job, process.execPath, EXECUTABLE, ...longRun('left'));
    while (!existsSync(status) || readFileSync(status, 'utf8') === '') await sleep(50);
    expect([readFileSync(status, 'utf8'), await statusOf('left')]).toEqual(['74\n', 'completed']);
  });
});

describe.skipIf(!existsSync('/dev/full'))('a full disk', () => {
  test('of the log costs its lines', async () => {
    const { status, stdout } = await shell('"$0" "$@" 2> /dev/full')`${run('full-log')}`;
    expect({ status, table: stdout.includes('completed'), run: await statusOf('full-log') }).toEqual({
      status: 0,
      table: true,
      run: 'completed',
    });
  });

  test.each([{ options: [] }, { options: ['--json'] }])(
    'of the results is told by the status: $options',
    async ({ options }) => {
      const name = `full${options.join()}`;
      const { status, stderr } = await shell('"$0" "$@" > /dev/full')`${run(name)} ${options}`;
      expect([status, await statusOf(name)]).toEqual([74, 'completed']);
      expect(stderr.match(/results cannot be written to stdout \(ENOSPC\)/g)).toHaveLength(1);
    },
  );
});

test.skipIf(process.platform === 'win32')('a limit on the size of files is told by the status', async () => {
  const { status, stderr } = await shell(`ulimit -f 0; "$0" "$@" > ${out('limited')}`)`doctor`;
  expect(status).toBe(74);
  expect(stderr).toContain('results cannot be written to stdout (EFBIG)');
});

test('a reader of the log that goes away does not stop a run', async () => {
  const child = spawn(process.execPath, [EXECUTABLE, ...run('unread')], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stderr.once('data', () => child.stderr.destroy());
  child.stdout.resume();
  const status = await new Promise((resolve) => child.once('close', resolve));
  expect([status, await statusOf('unread')]).toEqual([0, 'completed']);
});
