import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openDataset } from '../open.js';
import { temporaryFolder } from '../testing/fixtures.js';
import { ensureGenerated, generatedFolder, isGenerated } from './ensure.js';

async function digests(folder: string): Promise<string[]> {
  const names = (await readdir(folder, { recursive: true })).sort();
  const contents = await Promise.all(names.map((name) => readFile(join(folder, name)).catch(() => Buffer.alloc(0))));
  return names.map((name, i) => `${name} ${createHash('sha256').update(contents[i]!).digest('hex')}`);
}

describe('a stand-in', () => {
  test('is the same bytes every time, and made once', async () => {
    const [a, b] = [await temporaryFolder(), await temporaryFolder()];
    expect(await isGenerated(a, 'mnist')).toBe(false);
    expect(await ensureGenerated(a, 'mnist')).toEqual({ folder: generatedFolder(a, 'mnist'), made: true });
    expect(await isGenerated(a, 'mnist')).toBe(true);
    await ensureGenerated(b, 'mnist');
    expect(await digests(generatedFolder(a, 'mnist'))).toEqual(await digests(generatedFolder(b, 'mnist')));
    expect((await ensureGenerated(a, 'mnist')).made).toBe(false);
    expect((await ensureGenerated(a, 'mnist', { force: true })).made).toBe(true);
    expect(await digests(generatedFolder(a, 'mnist'))).toEqual(await digests(generatedFolder(b, 'mnist')));
    expect(await readdir(join(a, 'generated'))).toEqual(['mnist']);
  });

  test('may be made by several at once', async () => {
    const root = await temporaryFolder();
    const made = await Promise.all(Array.from({ length: 4 }, () => ensureGenerated(root, 'mnist')));
    expect(made.map(({ folder }) => folder)).toEqual(Array(4).fill(generatedFolder(root, 'mnist')));
    expect((await openDataset('mnist', { directory: root, synthetic: true })).train.count).toBe(12_000);
    expect(await readdir(join(root, 'generated'))).toEqual(['mnist']);
  });

  test('of another version, or half of one, is replaced', async () => {
    const root = await temporaryFolder();
    const folder = generatedFolder(root, 'mnist');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'generated.json'), '{"dataset":"mnist","generator":0}\n');
    await writeFile(join(folder, 'train-images-idx3-ubyte'), 'old');
    expect((await ensureGenerated(root, 'mnist')).made).toBe(true);
    expect((await openDataset('mnist', { directory: root, synthetic: true })).train.count).toBe(12_000);
    expect(await readdir(join(root, 'generated'))).toEqual(['mnist']);
  });

  test('takes away what a killed process left long ago, and nothing newer', async () => {
    const root = await temporaryFolder();
    for (const name of ['.mnist.0123456789ab.tmp', '.cifar10.0123456789ab.tmp']) {
      await mkdir(join(root, 'generated', name), { recursive: true });
      await writeFile(join(root, 'generated', name, 'half'), '');
    }
    await utimes(join(root, 'generated', '.mnist.0123456789ab.tmp'), 0, 0);
    await ensureGenerated(root, 'mnist');
    expect((await readdir(join(root, 'generated'))).sort()).toEqual(['.cifar10.0123456789ab.tmp', 'mnist']);
  });

  test('can be read by whoever may read the folder it is in', async () => {
    const root = await temporaryFolder();
    const { folder } = await ensureGenerated(root, 'mnist');
    expect((await stat(folder)).mode).toBe((await stat(join(root, 'generated'))).mode);
  });

  test('tells how far it has come', async () => {
    const calls: [number, number][] = [];
    await ensureGenerated(await temporaryFolder(), 'mnist', { progress: (done, total) => calls.push([done, total]) });
    expect(calls.length).toBe(14_000);
    expect(calls.at(-1)).toEqual([14_000, 14_000]);
  });
});
