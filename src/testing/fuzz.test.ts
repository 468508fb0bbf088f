/**
 * Everything that is read from outside, mutated at random from a fixed seed: it is read, or refused by a typed error that
 * says something.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { parseOverride } from '../config/layers.js';
import { loadConfigs } from '../config/load.js';
import { parseSeeds } from '../config/schema.js';
import { MNIST_FILES } from '../data/mnist.js';
import { openDataset } from '../data/open.js';
import { idx, temporaryFolder, writeCifar, writeMnist } from '../data/testing/fixtures.js';
import { loadRuns } from '../report/runs.js';
import { f1Runs, resultsFolder, writeRuns } from '../report/testing/fixture-runs.js';
import { SmoothOutError } from '../support/errors.js';
import { uniform } from '../support/random.js';
import { decodeSafetensors, encodeSafetensors } from '../support/safetensors.js';
import { isSoak } from './soak.js';

const CASES = isSoak ? 200_000 : 2_000;

interface Target {
  readonly name: string;
  readonly good: Uint8Array;
  readonly read: (bytes: Buffer) => Promise<unknown>;
}

const TOKENS = [
  '\0',
  '"',
  '\n',
  ': ',
  '- ',
  '{',
  '}',
  '[',
  ']',
  '-1',
  '1e999',
  'null',
  'NaN',
  '__proto__',
  '../',
  '&a *a',
  '￿',
  '99999999999',
];

/** One to four edits: a flipped bit, a cut, a piece removed or repeated, a token put in. */
function mutate(good: Uint8Array, at: number): Buffer {
  const random = uniform({ seed: 18, purpose: 'test', step: at }, 16);
  let bytes = Buffer.from(good);
  for (let i = 0; i < 1 + Math.floor(4 * random[0]!); i++) {
    const [kind, where, extent] = random.subarray(1 + 3 * i, 4 + 3 * i) as unknown as [number, number, number];
    const from = Math.floor(where * bytes.length);
    const to = Math.min(bytes.length, from + 1 + Math.floor(extent ** 4 * bytes.length));
    const [before, piece, after] = [bytes.subarray(0, from), bytes.subarray(from, to), bytes.subarray(to)];
    const token = Buffer.from(TOKENS[Math.floor(extent * TOKENS.length)]!);
    if (kind < 0.3 && piece.length > 0) piece[0]! ^= 1 << Math.floor(8 * extent);
    else if (kind < 0.4) bytes = Buffer.from(before);
    else if (kind < 0.55) bytes = Buffer.concat([before, after]);
    else if (kind < 0.7) bytes = Buffer.concat([before, piece, piece, after]);
    else bytes = Buffer.concat([before, token, after]);
  }
  return bytes;
}

/** A file that is written anew for each case, then read. */
function fileTarget(name: string, path: string, good: Uint8Array, read: () => Promise<unknown>): Target {
  return {
    name,
    good,
    read: async (bytes) => {
      await writeFile(path, bytes);
      await read().finally(() => writeFile(path, good));
    },
  };
}

async function targets(): Promise<Target[]> {
  const config = await readFile(new URL('../../configs/f1-lb.yaml', import.meta.url));
  const folder = await temporaryFolder();
  const tensors = {
    weight: { shape: [2, 2], data: new Float32Array(4) },
    count: { shape: [], data: BigInt64Array.of(1n) },
  };
  const safetensors = encodeSafetensors(tensors, { model: 'f1' });
  const mnist = await writeMnist(3, 2);
  const images = join(mnist, MNIST_FILES.train[0]);
  const good = await readFile(images);
  const cifar = await writeCifar('cifar100');
  const train = join(cifar, 'train.bin');
  const results = await resultsFolder();
  await writeRuns(results, f1Runs(1, ['smoothout']));
  const runs = join(results, 'runs');
  const own = (await readdir(runs, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const recorded = await Promise.all(
    own.map(async ({ parentPath, name }) => {
      const path = join(parentPath, name);
      return fileTarget(`${name} of a run`, path, await readFile(path), () => loadRuns(runs));
    }),
  );
  const mnistRead = () => openDataset('mnist', { directory: mnist });
  const safetensorsRead = async (bytes: Buffer) => decodeSafetensors(bytes, 'mutated');
  return [
    { name: 'a checkpoint', good: safetensors, read: safetensorsRead },
    { name: 'a header', good: safetensors.subarray(0, 300), read: safetensorsRead },
    {
      name: 'an option of settings',
      good: Buffer.from('optimizer.learningRate=0.1'),
      read: async (b) => parseOverride(`${b}`),
    },
    { name: 'an option of seeds', good: Buffer.from('1,2,5-9'), read: async (b) => parseSeeds(`${b}`) },
    fileTarget('a config', join(folder, 'a.yaml'), config, () => loadConfigs(join(folder, 'a.yaml'))),
    fileTarget('IDX', images, good, mnistRead),
    fileTarget('IDX, compressed', images, gzipSync(idx([3, 28, 28], good.subarray(16))), mnistRead),
    fileTarget('CIFAR', train, await readFile(train), () => openDataset('cifar100', { directory: cifar })),
    ...recorded,
  ];
}

test(`${CASES} mutated inputs are read or refused by errors that say something`, { timeout: 3_600_000 }, async () => {
  const all = await targets();
  const faults: string[] = [];
  for (let i = 0; i < CASES; i++) {
    const target = all[i % all.length]!;
    try {
      await target.read(mutate(target.good, i));
    } catch (error) {
      const isTyped = error instanceof SmoothOutError;
      if (isTyped && !/\bundefined\b|\[object/.test(error.message)) continue;
      faults.push(`case ${i}, ${target.name}: ${error instanceof Error ? error.stack : error}`);
    }
  }
  expect(faults).toEqual([]);
});
