import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  exists,
  isFolder,
  makeFolder,
  readJson,
  readTextIfExists,
  removeStaleTemporaries,
  writeFileAtomic,
} from './files.js';
import { acquireLock } from './lock.js';
import { readSafetensors } from './safetensors.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smoothout-files-'));
});

const BUILT = new URL('../../dist/support/files.js', import.meta.url).href;

describe('writeFileAtomic', () => {
  test('makes and replaces a file, and leaves nothing else', async () => {
    const path = join(folder, 'run.json');
    await writeFileAtomic(path, 'old');
    await writeFileAtomic(path, new Uint8Array(3_000_000).fill(7));
    expect((await readFile(path)).equals(Buffer.alloc(3_000_000, 7))).toBe(true);
    expect(await readdir(folder)).toEqual(['run.json']);
  });

  test('says that a folder is not there', async () => {
    await expect(writeFileAtomic(join(folder, 'no', 'run.json'), '')).rejects.toThrow(
      expect.objectContaining({
        ...{ code: 'OUTPUT_UNWRITABLE', message: expect.stringMatching(/folder does not exist/) },
        hint: 'Make that place writable, or choose another.',
      }),
    );
  });

  test('keeps the old file where the new one cannot take its place', async () => {
    await mkdir(join(folder, 'run.json', 'inside'), { recursive: true });
    await expect(writeFileAtomic(join(folder, 'run.json'), 'x')).rejects.toThrow(
      expect.objectContaining({ code: 'OUTPUT_UNWRITABLE' }),
    );
    expect(await readdir(folder)).toEqual(['run.json']);
  });

  test.skipIf(process.getuid?.() === 0)('says that a folder cannot be written', async () => {
    await chmod(folder, 0o500);
    await expect(writeFileAtomic(join(folder, 'run.json'), 'x')).rejects.toThrow(/permission denied/);
  });

  // A limit on the size of files makes a write stop half way, as a full disk does.
  test.skipIf(process.platform === 'win32')(
    'a write that stops half way is NO_SPACE and keeps the old contents',
    () => {
      const path = join(folder, 'a');
      const code = `
      const { writeFileAtomic } = await import(${JSON.stringify(BUILT)});
      await writeFileAtomic(${JSON.stringify(path)}, 'old');
      await writeFileAtomic(${JSON.stringify(path)}, new Uint8Array(1e6)).catch((error) => console.log(error.code));`;
      const shell = `ulimit -f 100; trap "" XFSZ; exec '${process.execPath}' --input-type=module -e "$CODE"`;
      const result = spawnSync('bash', ['-c', shell], { env: { ...process.env, CODE: code }, encoding: 'utf8' });
      expect(result.stdout).toBe('NO_SPACE\n');
      expect(readFileSync(path, 'utf8')).toBe('old');
      expect(readdirSync(folder)).toEqual(['a']);
    },
  );

  test('a kill at any moment leaves one whole version', async () => {
    const path = join(folder, 'checkpoint');
    const code = `
      const { writeFileAtomic } = await import(${JSON.stringify(BUILT)});
      console.log('begun');
      for (let i = 0; ; i++) {
        await writeFileAtomic(${JSON.stringify(path)}, new Uint8Array(300_000).fill(i));
        if (i === 0) console.log('written');
      }`;
    for (let round = 0; round < 6; round++) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const exited = once(child, 'exit');
      // The first kill may come before there is any file. How long Node.js takes to start does not matter.
      const awaited = round === 0 ? 'begun' : 'written';
      const said = new Promise<void>((resolve) => {
        child.stdout.on('data', (text: Buffer) => text.includes(awaited) && resolve());
      });
      await Promise.race([said, exited]);
      await new Promise((resolve) => setTimeout(resolve, 37 * round));
      child.kill('SIGKILL');
      await exited;
      const bytes = await readFile(path).catch(() => null);
      if (bytes !== null) expect(bytes.equals(Buffer.alloc(300_000, bytes[0]))).toBe(true);
      else expect(round).toBe(0);
      await removeStaleTemporaries(folder);
      expect(await readdir(folder)).toEqual(bytes === null ? [] : ['checkpoint']);
    }
  });
});

test('removeStaleTemporaries leaves every other file alone', async () => {
  for (const name of ['.run.json.0123456789ab.tmp', 'notes.tmp', '.hidden', 'last.safetensors']) {
    await writeFile(join(folder, name), '');
  }
  await removeStaleTemporaries(folder);
  expect((await readdir(folder)).sort()).toEqual(['.hidden', 'last.safetensors', 'notes.tmp']);
});

test.runIf(existsSync('/proc/self'))('makeFolder gives up where no folder can be made', async () => {
  await expect(makeFolder('/proc/smoothout/runs')).rejects.toMatchObject({ code: 'OUTPUT_UNWRITABLE' });
});

test('makeFolder says when a file is in the way', async () => {
  await writeFile(join(folder, 'results'), '');
  await expect(makeFolder(join(folder, 'results'))).rejects.toThrow(/a file is in the way/);
  await expect(makeFolder(join(folder, 'results', 'runs'))).rejects.toThrow(/part of this path is a file/);
});

test('readTextIfExists tells a missing file from an unreadable one', async () => {
  expect(await readTextIfExists(join(folder, 'no'))).toBeNull();
  await expect(readTextIfExists(folder)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
});

test('readJson names the file and what is wrong', async () => {
  const path = join(folder, 'a.json');
  await expect(readJson(path, 'DATA_CORRUPT')).rejects.toThrow(`${path}: there is no such file`);
  await writeFile(path, '{"a": ');
  await expect(readJson(path, 'DATA_CORRUPT')).rejects.toThrow(
    expect.objectContaining({ code: 'DATA_CORRUPT', message: expect.stringContaining(`${path}: not valid JSON`) }),
  );
  await writeFile(path, '{"a": [1]}');
  expect(await readJson(path, 'DATA_CORRUPT')).toEqual({ a: [1] });
});

test('a path that holds a NUL character is an error of the user’s, whatever it is for', async () => {
  const path = join(folder, 'a\0b', 'run.lock.json');
  const all = [
    writeFileAtomic(path, ''),
    makeFolder(path),
    isFolder(path),
    exists(path),
    readTextIfExists(path),
    readJson(path, 'DATA_CORRUPT'),
    acquireLock(path),
    readSafetensors(path),
  ];
  for (const one of await Promise.allSettled(all)) {
    expect(one).toMatchObject({ reason: { message: expect.stringContaining('a\\u0000b') } });
    expect(one).toMatchObject({ reason: { message: expect.stringContaining('no path can hold a NUL character') } });
  }
});
