import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findLibrary } from './libraries.js';

test.skipIf(process.platform !== 'linux')('finds what the linker finds, and nothing else', async () => {
  expect(await findLibrary('libc.so.6')).toMatch(/\/libc\.so\.6$/);
  expect((await findLibrary('libc.so')) ?? '').not.toMatch(/\.6$/);
  expect(await findLibrary('libnone.so.1')).toBeUndefined();
});

test('LD_LIBRARY_PATH comes first', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'smoothout-libraries-'));
  await writeFile(join(folder, 'libc.so.6'), '');
  const before = process.env.LD_LIBRARY_PATH;
  try {
    process.env.LD_LIBRARY_PATH = `/nowhere:${folder}`;
    expect(await findLibrary('libc.so.6')).toBe(join(folder, 'libc.so.6'));
  } finally {
    if (before === undefined) delete process.env.LD_LIBRARY_PATH;
    else process.env.LD_LIBRARY_PATH = before;
  }
});
