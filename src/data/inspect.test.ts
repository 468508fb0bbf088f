import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readCatalogue } from './catalogue.js';
import { digestContent, findDataset, inspectFiles } from './inspect.js';
import { MNIST_FILES } from './mnist.js';
import { officialPlace } from './open.js';
import { temporaryFolder, writeMnist } from './testing/fixtures.js';
import { realData } from './testing/real-data.js';

const ALL = [...MNIST_FILES.train, ...MNIST_FILES.test];
const real = {
  mnist: await realData('mnist'),
  cifar10: await realData('cifar10'),
  cifar100: await realData('cifar100'),
};

/** What the catalogue would say of the files in a folder. */
async function officialOf(folder: string) {
  const entries = ALL.map(async (name) => {
    const path = join(folder, name);
    return [name, { bytes: (await readFile(path)).length, sha256: await digestContent(path) }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

describe('inspectFiles', () => {
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
    const place = officialPlace('mnist', folder);
    const states = async () => (await inspectFiles(place, official))!.files.map(({ state, detail }) => [state, detail]);
    expect(await states()).toEqual([
      ['official', undefined],
      ['different', expect.stringMatching(/^has SHA-256 [0-9a-f]{64}, the official file [0-9a-f]{64}$/)],
      ['different', expect.stringMatching(/^has 5 bytes, the official file \d+$/)],
      ['missing', undefined],
    ]);
    await writeFile(`${first}.gz`, gzipSync('other').subarray(0, 20));
    expect((await states())[0]).toEqual([
      'different',
      expect.stringContaining('cannot be read: unexpected end of file'),
    ]);
  });

  test('finds nothing in an empty folder', async () => {
    const place = officialPlace('cifar10', await temporaryFolder());
    expect(await inspectFiles(place, readCatalogue().cifar10.files)).toBeUndefined();
    expect(await findDataset(place)).toBeUndefined();
    expect(await findDataset(officialPlace('imagenet', await temporaryFolder()))).toBeUndefined();
  });
});

describe.each(['mnist', 'cifar10', 'cifar100'] as const)('the catalogue’s %s', (name) => {
  test.skipIf(real[name] === undefined)('is what is distributed', async () => {
    const found = await inspectFiles(officialPlace(name, real[name]!), readCatalogue()[name].files);
    // A copy of CIFAR-10's test batch with a few pixels changed is in circulation: it differs, and is no official file.
    const states = found!.files.filter(({ name: file }) => file !== 'test_batch.bin').map(({ state }) => state);
    expect(states).toEqual(states.map(() => 'official'));
    expect(states.length).toBeGreaterThan(0);
  });
});
