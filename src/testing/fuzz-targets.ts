/** What is read from outside, each with a good example: what the fuzzer mutates. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Command } from 'commander';
import sharp from 'sharp';
import { programWith } from '../cli/program.js';
import { loadConfigs } from '../config/load.js';
import { type Plan, planRuns } from '../config/resolve.js';
import { tunedPath } from '../config/tuned.js';
import { MNIST_FILES } from '../data/mnist.js';
import { openDataset } from '../data/open.js';
import { idx, temporaryFolder, writeCifar, writeMnist } from '../data/testing/fixtures.js';
import { curveCsv, curveJson } from '../records/curve-record.js';
import { reportPage } from '../report/page/page.js';
import { locateRuns, readResults } from '../report/results.js';
import { tablesOf } from '../report/tables/tables.js';
import { f1Runs, resultsFolder, writeRuns } from '../report/testing/fixture-runs.js';
import { decodeSafetensors, encodeSafetensors, readSafetensors } from '../support/safetensors.js';
import { parseAxis } from '../training/tune.js';

export interface Target {
  readonly name: string;
  readonly good: Uint8Array;
  readonly read: (bytes: Buffer) => Promise<unknown>;
}

/** A file that is written anew for each case, then read. */
async function file(name: string, path: string, read: () => Promise<unknown>): Promise<Target> {
  const good = await readFile(path);
  return {
    name,
    good,
    read: async (bytes) => {
      await writeFile(path, bytes);
      await read().finally(() => writeFile(path, good));
    },
  };
}

const text = (name: string, good: string, read: (text: string) => Promise<unknown>): Target => ({
  name,
  good: Buffer.from(good),
  read: (bytes) => read(`${bytes}`),
});

export async function fuzzTargets(): Promise<Target[]> {
  return [...checkpoints(), ...(await data()), ...(await configs()), ...(await results()), ...(await options())];
}

function checkpoints(): Target[] {
  const tensors = {
    weight: { shape: [2, 2], data: new Float32Array(4) },
    count: { shape: [], data: BigInt64Array.of(1n) },
  };
  const ours = encodeSafetensors(tensors, { model: 'f1' });
  // Without the digests, which would find every change before anything else is looked at.
  const header = { w: { dtype: 'BF16', shape: [2, 2], data_offsets: [0, 8] }, n: { dtype: 'I64', shape: [] } };
  const json = Buffer.from(JSON.stringify({ __metadata__: { epoch: '3' }, ...header }));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(json.length));
  const read = async (bytes: Buffer) => decodeSafetensors(bytes, 'mutated');
  return [
    { name: 'a checkpoint', good: ours, read },
    { name: 'a checkpoint of another program', good: Buffer.concat([prefix, json, Buffer.alloc(16)]), read },
  ];
}

async function data(): Promise<Target[]> {
  const directory = await writeMnist(3, 2);
  const [images, labels] = MNIST_FILES.train.map((name) => join(directory, name)) as [string, string];
  const mnist = () => openDataset('mnist', { directory });
  const compressed = gzipSync(idx([3, 28, 28], (await readFile(images)).subarray(16)));
  const cifar = async (name: 'cifar10' | 'cifar100', train: string) => {
    const folder = await writeCifar(name);
    return file(name, join(folder, train), () => openDataset(name, { directory: folder }));
  };
  return [
    await file('IDX images', images, mnist),
    await file('IDX labels', labels, mnist),
    { ...(await file('IDX images, compressed', images, mnist)), good: compressed },
    await cifar('cifar10', 'data_batch_3.bin'),
    await cifar('cifar100', 'train.bin'),
    await jpeg(),
  ];
}

async function jpeg(): Promise<Target> {
  const directory = await temporaryFolder();
  const [path, other] = ['train', 'val'].map((split) => join(directory, split, 'n01', 'a.JPEG')) as [string, string];
  const create = { width: 40, height: 30, channels: 3, background: '#268' } as const;
  const picture = await sharp({ create }).jpeg({ quality: 60 }).toBuffer();
  for (const each of [path, other]) {
    await mkdir(dirname(each), { recursive: true });
    await writeFile(each, picture);
  }
  const { train } = await openDataset('imagenet', { directory });
  return file('JPEG', path, () => train.read(Uint32Array.of(0), new Float32Array(3 * 224 * 224)));
}

async function configs(): Promise<Target[]> {
  const shipped = new URL('../../configs/f1-lb.yaml', import.meta.url);
  const path = join(await temporaryFolder(), 'a.yaml');
  await writeFile(path, await readFile(shipped));
  const tuned = tunedPath(path, 'f1-lb');
  await mkdir(dirname(tuned));
  await writeFile(tuned, await readFile(new URL('../../configs/tuned/f1-lb.yaml', import.meta.url)));
  const plan = (options: Plan = {}) => planRuns([path], options);
  return [
    await file('a config', path, plan),
    await file('a tuned strength', tuned, plan),
    text('--set', 'optimizer.learningRate=0.1', (set) => plan({ set: [set] })),
    text('--set of a list', 'methods=[{name: smoothout, noise: {a: 1}}]', (set) => plan({ set: [set] })),
    text('--method', 'smoothout', (method) => plan({ methods: [method] })),
    text('--grid', 'noise.a=0.1,0.2', async (grid) => parseAxis(grid)),
  ];
}

/** Every file that a report is made from. */
async function results(): Promise<Target[]> {
  const folder = await resultsFolder();
  await writeRuns(folder, f1Runs(1, ['smoothout']).slice(1));
  await mkdir(join(folder, 'figures'));
  const checkpoint = join(folder, 'runs/f1-lb/smoothout/seed-1/best.safetensors');
  const rows = [0, 0.01].map((a) => ({ a, split: 'test', loss: 0.2, accuracy: 97.5, draws: 100, checkpoint }));
  await writeFile(join(folder, 'figures', 'curve.csv'), curveCsv('sensitivity', rows));
  const run = { experiment: 'f1-lb', method: 'smoothout', seed: 1 };
  const settings = curveJson({ kind: 'sensitivity', checkpoints: { [checkpoint]: run } });
  await writeFile(join(folder, 'figures', 'curve.json'), settings);
  let reads = 0;
  const read = async () => {
    const found = await readResults(await locateRuns(folder));
    // The page is as much work as all the rest.
    if (reads++ % 10 === 0) reportPage(found, tablesOf(found, null), []);
  };
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(files.map(({ parentPath, name }) => file(`${name} in a report`, join(parentPath, name), read)));
}

/** The text of every option of every command that looks at it, and paths. */
async function options(): Promise<Target[]> {
  const program = await programWith(undefined);
  const all = (command: Command): Command[] => [command, ...command.commands.flatMap(all)];
  const parsers = all(program).flatMap(({ options }) => options.flatMap(({ parseArg }) => parseArg ?? []));
  const parsed = (good: string) =>
    text(`options like ${good}`, good, async (value) => {
      const ends = await Promise.allSettled(parsers.map(async (parse) => parse(value, undefined)));
      for (const end of ends) if (end.status === 'rejected') refuse(end.reason);
    });
  const directory = await writeMnist(3, 2);
  return [
    ...['1,2,5-9', '0:0.02:0.002', '5e-4', 'train,test', '17', '4,x'].map(parsed),
    text('--data', directory, (given) => openDataset('mnist', { directory: given })),
    text('--runs', directory, (given) => locateRuns(given)),
    text('--ckpt', join(directory, MNIST_FILES.train[0]), (given) => readSafetensors(given)),
    text('a config’s path', join(directory, MNIST_FILES.train[0]), (given) => loadConfigs(given)),
  ];
}

/** Throws the error on, unless it is the refusal of a word that is none of the option's choices. */
function refuse(reason: unknown): void {
  if ((reason as { code?: unknown }).code !== 'commander.invalidArgument') throw reason;
}
