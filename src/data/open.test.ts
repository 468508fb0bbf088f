import { readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DATASETS_FOLDER, dataDirectory, readCatalogue } from './catalogue.js';
import { DATASETS } from './datasets.js';
import { compareFiles, DIFFERENT, digestContent } from './listed-files.js';
import { MNIST_FILES } from './mnist.js';
import { findDataset, inspectDataset, officialPlace, openDataset } from './open.js';
import { expectError, temporaryFolder, writeMnist } from './testing/fixtures.js';
import { realData } from './testing/real-data.js';

const saved = process.env.SMOOTHOUT_DATA;
beforeEach(() => {
  delete process.env.SMOOTHOUT_DATA;
});
afterEach(() => {
  if (saved === undefined) delete process.env.SMOOTHOUT_DATA;
  else process.env.SMOOTHOUT_DATA = saved;
});

describe('the data folder', () => {
  test('is --data, else SMOOTHOUT_DATA, else this installation’s datasets, wherever one stands', () => {
    const here = process.cwd();
    expect(dataDirectory()).toBe(DATASETS_FOLDER);
    expect(DATASETS_FOLDER).toBe(resolve(import.meta.dirname, '../../datasets'));
    process.env.SMOOTHOUT_DATA = '/some/where';
    expect(dataDirectory()).toBe('/some/where');
    expect(dataDirectory('else/where')).toBe(join(here, 'else/where'));
  });

  test('of the environment is used', async () => {
    process.env.SMOOTHOUT_DATA = await writeMnist();
    expect((await openDataset('mnist')).train.count).toBe(30);
  });
});

describe('missing data', () => {
  test('says where it was looked for and what to try', async () => {
    const root = await temporaryFolder();
    await expectError(
      openDataset('mnist', { directory: root }),
      'DATA_MISSING',
      `mnist: no train-images-idx3-ubyte, `,
      join(root, 'mnist'),
      join(root, 'MNIST/raw'),
      `\`smoothout data fetch mnist --data ${root}\``,
      '--synthetic',
      'SMOOTHOUT_DATA',
    );
    await expectError(
      openDataset('cifar100', { directory: root }),
      'DATA_MISSING',
      'train.bin',
      'smoothout data fetch cifar100',
    );
    await expectError(openDataset('imagenet', { directory: root }), 'DATA_MISSING', 'by hand', join(root, 'imagenet'));
  });

  test('in a folder that does not exist, or is a file', async () => {
    const root = await temporaryFolder();
    await writeFile(join(root, 'file'), '');
    for (const name of ['nowhere', 'file']) {
      await expectError(openDataset('cifar10', { directory: join(root, name) }), 'DATA_MISSING', join(root, name));
    }
  });
});

describe('synthetic', () => {
  test('makes the stand-in once, then reads it', async () => {
    const root = await temporaryFolder();
    const first = await openDataset('mnist', { directory: root, synthetic: true });
    expect(first).toMatchObject({ synthetic: true, directory: join(root, 'generated/mnist') });
    expect([first.train.count, first.test.count]).toEqual([12_000, 2_000]);
    const again = await openDataset('mnist', { directory: root, synthetic: true });
    expect(again.digests).toEqual(first.digests);
  });

  test('never uses the official files, nor the other way round', async () => {
    const root = await writeMnist();
    expect((await openDataset('mnist', { directory: root, synthetic: true })).train.count).toBe(12_000);
    await rm(join(root, 'train-labels-idx1-ubyte'));
    await expectError(openDataset('mnist', { directory: root }), 'DATA_MISSING', 'train-labels-idx1-ubyte');
  });

  test('says how to mend a spoilt stand-in', async () => {
    const root = await temporaryFolder();
    const { directory } = await openDataset('mnist', { directory: root, synthetic: true });
    await rm(join(directory, 'train-labels-idx1-ubyte'));
    await expectError(
      openDataset('mnist', { directory: root, synthetic: true }),
      'DATA_MISSING',
      'train-labels-idx1-ubyte',
      'smoothout data generate mnist --force',
    );
  });

  test('in a folder that cannot be written', async () => {
    const root = await temporaryFolder();
    await writeFile(join(root, 'generated'), 'a file in the way');
    await expectError(openDataset('mnist', { directory: root, synthetic: true }), 'OUTPUT_UNWRITABLE', root, '--data');
  });
});

test('the catalogue knows all data sets, and every file has its download', () => {
  const { mnist, cifar10, cifar100, imagenet } = readCatalogue();
  expect(Object.keys(mnist.files).map((name) => `${name}.gz`)).toEqual(
    mnist.downloads.map(({ url }) => url.split('/').at(-1)),
  );
  for (const { files, downloads, folders } of [cifar10, cifar100]) {
    expect(Object.keys(files).length).toBeGreaterThan(1);
    expect(downloads.map(({ archiveFolder }) => archiveFolder)).toEqual([folders[0]]);
  }
  expect(imagenet.downloads).toEqual([]);
});

const ALL = [...MNIST_FILES.train, ...MNIST_FILES.test];
const real = {
  mnist: await realData('mnist'),
  cifar10: await realData('cifar10'),
  cifar100: await realData('cifar100'),
};

const { spellings } = await DATASETS.mnist.load();

/** What the catalogue would say of the files in a folder. */
async function officialOf(folder: string) {
  const entries = ALL.map(async (name) => {
    const path = join(folder, name);
    return [name, { bytes: (await readFile(path)).length, sha256: await digestContent(path) }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

describe('compareFiles', () => {
  test('tells official, different and missing files apart', async () => {
    const folder = await writeMnist();
    const official = await officialOf(folder);
    const [first, second, third, fourth] = ALL.map((name) => join(folder, name)) as [string, string, string, string];
    await writeFile(`${first}.gz`, gzipSync(await readFile(first)));
    await rm(first);
    const bytes = await readFile(second);
    bytes[20]! ^= 1;
    await writeFile(second, bytes);
    await writeFile(third, 'short');
    await rm(fourth);
    const place = { ...officialPlace('mnist', folder), files: official };
    const states = async () =>
      (await compareFiles(place, spellings))!.files.map(({ state, detail }) => [state, detail]);
    expect(await states()).toEqual([
      ['official', undefined],
      [DIFFERENT, expect.stringMatching(/^has SHA-256 [0-9a-f]{64}, the official file [0-9a-f]{64}$/)],
      [DIFFERENT, expect.stringMatching(/^has 5 bytes, the official file \d+$/)],
      ['missing', undefined],
    ]);
    await writeFile(`${first}.gz`, gzipSync('other').subarray(0, 20));
    expect((await states())[0]).toEqual([DIFFERENT, expect.stringContaining('cannot be read: unexpected end of file')]);
  });

  test('finds nothing in an empty folder', async () => {
    const place = officialPlace('cifar10', await temporaryFolder());
    for (const each of [place, officialPlace('imagenet', await temporaryFolder())]) {
      expect(await inspectDataset(each)).toBeUndefined();
      expect(await findDataset(each)).toBeUndefined();
    }
  });
});

describe.each(['mnist', 'cifar10', 'cifar100'] as const)('the catalogue’s %s', (name) => {
  test.skipIf(real[name] === undefined)('is what is distributed', async () => {
    const { spellings } = await DATASETS[name].load();
    const found = await compareFiles(officialPlace(name, real[name]!), spellings);
    // A copy of CIFAR-10's test batch with a few pixels changed is in circulation: it differs, and is no official file.
    const states = found!.files.filter(({ name: file }) => file !== 'test_batch.bin').map(({ state }) => state);
    expect(states).toEqual(states.map(() => 'official'));
    expect(states.length).toBeGreaterThan(0);
  });
});
