import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { acquireLock, waitForLock } from './lock.js';

let output: string;
let path: string;
beforeEach(async () => {
  output = await mkdtemp(join(tmpdir(), 'smoothout-lock-'));
  path = join(output, 'run.lock.json');
});

const BUILT = new URL('../../dist/support/lock.js', import.meta.url).href;

/** A process that takes the lock at a given time, says so, and keeps it until it is killed. */
function taker(at: number) {
  const code = `
    const { acquireLock } = await import(${JSON.stringify(BUILT)});
    while (Date.now() < ${at});
    try { await acquireLock(${JSON.stringify(path)}); console.log('taken'); setInterval(() => {}, 1000); }
    catch (error) { console.log(error.code); }`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  const word = new Promise<string>((resolve) => child.stdout.once('data', (bytes) => resolve(String(bytes).trim())));
  const end = () => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    return child.kill('SIGKILL') ? ended : Promise.resolve();
  };
  return { child, word, end };
}

describe('acquireLock', () => {
  test('keeps out everyone else until it is released', async () => {
    const lock = await acquireLock(path);
    await expect(acquireLock(path)).rejects.toMatchObject({
      code: 'RUN_LOCKED',
      exitStatus: 6,
      message: expect.stringContaining(`in use by process ${process.pid} since`),
    });
    await lock.release();
    await (await acquireLock(path)).release();
    expect(await readdir(output)).toEqual([]);
  });

  test('takes the place of a process that was killed', async () => {
    const holder = taker(0);
    expect(await holder.word).toBe('taken');
    await expect(acquireLock(path)).rejects.toMatchObject({ code: 'RUN_LOCKED' });
    await holder.end();
    const lock = await acquireLock(path);
    expect(JSON.parse(await readFile(path, 'utf8')).pid).toBe(process.pid);
    await lock.release();
    expect(await readdir(output)).toEqual([]);
  });

  test('tells a process from another that got its number', async () => {
    const holder = { pid: process.pid, host: hostname(), bootId: null, processStart: '1', since: '', token: 'x' };
    await writeFile(path, JSON.stringify(holder));
    if (process.platform === 'linux') await (await acquireLock(path)).release();
    await writeFile(path, JSON.stringify({ ...holder, processStart: null }));
    await expect(acquireLock(path)).rejects.toMatchObject({ code: 'RUN_LOCKED' });
  });

  test.skipIf(process.platform !== 'linux')(
    'tells a process from one before the machine was started anew',
    async () => {
      const holder = {
        pid: process.pid,
        host: hostname(),
        bootId: 'another',
        processStart: null,
        since: '',
        token: 'x',
      };
      await writeFile(path, JSON.stringify(holder));
      await (await acquireLock(path)).release();
    },
  );

  test.each(['1970-01-01', '2500-01-01'])('does not ask the clock, which says %s', async (now) => {
    vi.setSystemTime(now);
    onTestFinished(() => void vi.useRealTimers());
    const lock = await acquireLock(path);
    vi.setSystemTime('2026-11-28');
    await expect(acquireLock(path)).rejects.toMatchObject({ code: 'RUN_LOCKED' });
    await expect(waitForLock(path, 0.1)).rejects.toMatchObject({ code: 'RUN_LOCKED' });
    setTimeout(() => void lock.release(), 100);
    await (await waitForLock(path, 60)).release();
    const dead = { pid: 2 ** 22 + 1, host: hostname(), bootId: null, processStart: null, since: now, token: 'x' };
    await writeFile(path, JSON.stringify(dead));
    await (await acquireLock(path)).release();
  });

  test('never takes the place of a process on another machine', async () => {
    await writeFile(path, JSON.stringify({ pid: 1, host: 'elsewhere', since: 'yesterday', token: 'x' }));
    await expect(acquireLock(path)).rejects.toMatchObject({
      code: 'RUN_LOCKED',
      message: `${path}: in use by process 1 on elsewhere since yesterday`,
      hint: expect.stringContaining('delete that file'),
    });
  });

  test.each(['', '{', '{"pid": "x"}'])('leaves a lock that says %j alone', async (text) => {
    await writeFile(path, text);
    await expect(acquireLock(path)).rejects.toMatchObject({ code: 'RUN_LOCKED', hint: expect.any(String) });
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  test('is released by its holder alone', async () => {
    const lock = await acquireLock(path);
    const other = JSON.stringify({ pid: 1, host: 'elsewhere', since: '', token: 'other' });
    await writeFile(path, other);
    await lock.release();
    expect(await readFile(path, 'utf8')).toBe(other);
  });

  test('is touched now and then until it is released', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      const changedAt = async () => (await stat(path)).mtimeMs;
      const lock = await acquireLock(path);
      await utimes(path, 0, 0);
      vi.advanceTimersByTime(60_000);
      await vi.waitFor(async () => expect(await changedAt()).toBeGreaterThan(0));
      await lock.release();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test('says that the folder cannot be written', async () => {
    await expect(acquireLock(join(output, 'no', 'run.lock.json'))).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
  });

  test.each([
    ['a free lock', false],
    ['a dead process’s lock', true],
  ])('of eight processes that want %s at one moment, one gets it', async (_, stale) => {
    if (stale) {
      const dead = taker(0);
      await dead.word;
      await dead.end();
    }
    const takers = Array.from({ length: 8 }, () => taker(Date.now() + 1500));
    const words = await Promise.all(takers.map(({ word }) => word));
    await Promise.all(takers.map(({ end }) => end()));
    expect(words.sort()).toEqual([...Array(7).fill('RUN_LOCKED'), 'taken']);
  });
});
