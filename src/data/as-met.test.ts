/** Data files as they are met outside of a fetch: read, or named for what they are. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from 'vitest';
import { CIFAR10, CIFAR100 } from './cifar.js';
import { MNIST_FILES } from './mnist.js';
import { findDataset, inspectDataset, locateDataset, officialPlace, openDataset } from './open.js';
import { expectError, temporaryFolder, writeCifar, writeMnist } from './testing/fixtures.js';

const FILES = [...MNIST_FILES.train, ...MNIST_FILES.test];
const [IMAGES] = FILES as [string];

let folder: string;
beforeEach(async () => {
  folder = await writeMnist();
});

/** How every command looks: run opens, doctor locates, list finds, verify inspects. */
async function expectFound(): Promise<void> {
  expect((await openDataset('mnist', { directory: folder })).train.count).toBe(30);
  const place = officialPlace('mnist', folder);
  expect(await locateDataset(place)).toBe(folder);
  expect(await findDataset(place)).toBe(folder);
  const { findings } = (await inspectDataset(place))!;
  const states = [...Array(4).fill('differs from the official file'), 'readable all the same'];
  expect(findings.map(({ state }) => state)).toEqual(states);
}

describe('MNIST is read', () => {
  test.each([
    ['in folders of the files’ own names, as Kaggle has it', (name: string) => `${name}/${name}`],
    ['with dots in the names', (name: string) => name.replace('-idx', '.idx')],
    ['with both', (name: string) => `${name.replace('-idx', '.idx')}/${name.replace('-idx', '.idx')}`],
  ])('%s', async (_, spelled) => {
    for (const name of FILES) {
      await rename(join(folder, name), join(folder, 'moved'));
      if (spelled(name).includes('/')) await mkdir(join(folder, spelled(name), '..'));
      await rename(join(folder, 'moved'), join(folder, spelled(name)));
    }
    await expectFound();
  });

  test('where a browser unpacked it and kept the name, or did not unpack and took the ending off', async () => {
    for (const [i, name] of FILES.entries()) {
      const path = join(folder, name);
      if (i % 2 === 0) await rename(path, `${path}.gz`);
      else await writeFile(path, gzipSync(await readFile(path)));
    }
    await expectFound();
  });
});

const FOREIGN: readonly [string, string | Buffer, string][] = [
  ['a page', '\n<!DOCTYPE html><html><body>404</body></html>', 'a web page'],
  ['a pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n', 'git lfs pull'],
  ['a zip archive', 'PK\x03\x04rest', 'a zip archive'],
  ['a tar archive', Buffer.concat([Buffer.alloc(257), Buffer.from('ustar\0')]), 'a tar archive'],
  ['a pickle', Buffer.from([0x80, 2, 0x7d]), 'a Python pickle'],
];

describe.each(FOREIGN)('%s in the place of a file is named', (_, contents, what) => {
  test.each(['', '.gz'])('of MNIST%s', async (ending) => {
    const path = join(folder, IMAGES + ending);
    if (ending) await rename(join(folder, IMAGES), path);
    await writeFile(path, contents);
    await expectError(openDataset('mnist', { directory: folder }), 'DATA_CORRUPT', path, what);
    const inspection = await inspectDataset(officialPlace('mnist', folder));
    expect(inspection?.findings[0]?.detail).toContain(what);
  });

  test('of CIFAR-10', async () => {
    const directory = await writeCifar('cifar10');
    const path = join(directory, 'data_batch_2.bin');
    await writeFile(path, contents);
    await expectError(openDataset('cifar10', { directory }), 'DATA_CORRUPT', path, what);
  });
});

describe.each([CIFAR10, CIFAR100])('the python version of $dataset is named', ({ dataset, python }) => {
  test.each(['.', dataset])('below %s', async (below) => {
    const directory = await temporaryFolder();
    const path = join(directory, below, ...python);
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, '');
    await expectError(openDataset(dataset, { directory }), 'DATA_MISSING', path, 'python version', 'binary version');
  });
});
