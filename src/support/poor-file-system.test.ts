/** Locks and atomic files where the file system has neither hard links nor flushes of folders. */
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';

const POOR = new URL('testing/poor-file-system.mjs', import.meta.url).href;
const built = (file: string) => JSON.stringify(new URL(`../../dist/support/${file}`, import.meta.url).href);

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smoothout-poor-'));
  path = join(folder, 'run.lock.json');
});

/** Runs a program with `writeFileAtomic`, `acquireLock` and `path` until it ends; what it says. */
async function run(code: string, body: string): Promise<string> {
  const program = `
    const { writeFileAtomic } = await import(${built('files.js')});
    const { acquireLock } = await import(${built('lock.js')});
    const path = ${JSON.stringify(path)};
    try { ${body} } catch (error) { console.log(error.code ?? error); }`;
  const args = ['--import', POOR, '--input-type=module', '-e', program];
  const env = { ...process.env, POOR_FILE_SYSTEM: code };
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env });
  let said = '';
  child.stdout.on('data', (bytes: Buffer) => {
    said += bytes;
  });
  await new Promise((resolve) => child.once('close', resolve));
  return said.trim();
}

describe.each(['EPERM', 'ENOTSUP', 'EINVAL', 'ENOSYS'])('a file system that answers %s', (code) => {
  test('keeps files whole and locks exclusive', async () => {
    const said = await run(
      code,
      `await writeFileAtomic(${JSON.stringify(join(folder, 'run.json'))}, 'new');
       const lock = await acquireLock(path);
       await acquireLock(path).catch((error) => console.log(error.message));
       await lock.release();
       await (await acquireLock(path)).release();`,
    );
    expect(said).toMatch(/run\.lock\.json: in use by process \d+ since/);
    expect(await readdir(folder)).toEqual(['run.json']);
    expect(await readFile(join(folder, 'run.json'), 'utf8')).toBe('new');
  });

  test('takes the place of a process that died', async () => {
    const dead = { pid: 2 ** 22 + 1, host: hostname(), bootId: null, processStart: null, since: '', token: 'x' };
    await writeFile(path, JSON.stringify(dead));
    expect(await run(code, 'await (await acquireLock(path)).release();')).toBe('');
    expect(await readdir(folder)).toEqual([]);
  });
});

test('of eight processes that want a lock at one moment, one gets it', async () => {
  const at = Date.now() + 2000;
  const body = `
    while (Date.now() < ${at});
    await acquireLock(path);
    console.log('taken');
    await new Promise((resolve) => setTimeout(resolve, 3000));`;
  const said = await Promise.all(Array.from({ length: 8 }, () => run('EPERM', body)));
  expect(said.sort()).toEqual([...Array(7).fill('RUN_LOCKED'), 'taken']);
});

test('errors of the disk are still errors', async () => {
  expect(await run('EIO', `await writeFileAtomic(${JSON.stringify(join(folder, 'a'))}, '');`)).toBe(
    'OUTPUT_UNWRITABLE',
  );
  expect(await run('EIO', 'await acquireLock(path);')).toBe('OUTPUT_UNWRITABLE');
});
