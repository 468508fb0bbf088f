/** Stand-ins for the data sets: drawn, not downloaded, in the official formats. */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { last } from '../../support/at.js';
import { sha256OfFile } from '../../support/digest.js';
import { exists, makeFolder, parseJson, temporaryFor } from '../../support/files.js';
import { waitForLock } from '../../support/lock.js';
import type { Stream } from '../../support/random.js';
import { DATASET_NAMES, type DatasetName } from '../catalogue.js';
import { CIFAR10, CIFAR100, type CifarFormat } from '../cifar.js';
import { dataWriteError } from '../files.js';
import { loadSharp } from '../imagenet.js';
import { MNIST_FILES } from '../mnist.js';
import type { Split } from '../source.js';
import { DIGIT_SIDE, drawDigit, PATTERNS, paintObject, SHAPES } from './drawings.js';

/** Raised whenever a generator draws anything differently: stand-ins of another version are made anew. */
const GENERATOR_VERSION = 1;

/** Written last; says what made the folder, and what its files are. */
const MARK = 'generated.json';

const markSchema = z.object({
  dataset: z.string(),
  generator: z.number(),
  train: z.number(),
  test: z.number(),
  /** SHA-256 by file, of the stand-ins that are files and not folders of images. Marks of before 2027 have none. */
  digests: z.record(z.string(), z.string()).readonly().default({}),
});
type Digests = z.output<typeof markSchema>['digests'];

export interface GenerateOptions {
  /** Makes it anew even if it is there. */
  readonly force?: boolean;
  readonly progress?: Progress;
}

/** Where a data set's stand-in is. */
export function generatedFolder(root: string, name: DatasetName): string {
  return join(root, 'generated', name);
}

/** What the mark says of the files, where the stand-in is there, whole and of this version; else null. */
async function readMark(root: string, name: DatasetName): Promise<Digests | null> {
  const text = await readFile(join(generatedFolder(root, name), MARK), 'utf8').catch(() => '');
  const mark = markSchema.safeParse(parseJson(text));
  if (!mark.success) return null;
  const { digests, ...made } = mark.data;
  return isDeepStrictEqual(made, madeOf(name)) ? digests : null;
}

/** Whether the stand-in is there, whole and of this version. */
export async function isGenerated(root: string, name: DatasetName): Promise<boolean> {
  return (await readMark(root, name)) !== null;
}

/**
 * Makes a data set's stand-in unless it is there; returns its folder. The folder appears whole or not at all. Of processes
 * that want it at the same time one makes it, and the others wait.
 *
 * @throws SmoothOutError NO_SPACE, OUTPUT_UNWRITABLE, RUN_LOCKED
 */
export async function ensureGenerated(
  root: string,
  name: DatasetName,
  { force = false, progress }: GenerateOptions = {},
): Promise<{ readonly folder: string; readonly made: boolean; readonly digests: Digests }> {
  const folder = generatedFolder(root, name);
  const found = force ? null : await readMark(root, name);
  if (found !== null) return { folder, made: false, digests: found };
  const parent = join(root, 'generated');
  try {
    await makeFolder(parent);
    const lock = await waitForLock(join(parent, `${name}.lock.json`), MOST_SECONDS);
    try {
      // Another process may have made it while this one waited.
      const made = force ? null : await readMark(root, name);
      if (made !== null) return { folder, made: false, digests: made };
      await removeAbandoned(parent, name);
      return { folder, made: true, digests: await makeStandIn(name, folder, progress) };
    } finally {
      await lock.release();
    }
  } catch (error) {
    throw dataWriteError(error, folder);
  }
}

/** Longer than drawing takes. */
const MOST_SECONDS = 600;

/** Draws it in a folder beside its own, which is then renamed. The stand-in must be locked. */
async function makeStandIn(name: DatasetName, folder: string, progress?: Progress): Promise<Digests> {
  const temporary = temporaryFor(folder);
  const old = temporaryFor(folder);
  await mkdir(temporary);
  try {
    await writeGenerated(name, temporary, progress);
    const digests = await digestsOf(temporary);
    await writeFile(join(temporary, MARK), `${JSON.stringify({ ...madeOf(name), digests })}\n`);
    if (await exists(folder)) await rename(folder, old);
    await rename(temporary, folder);
    return digests;
  } finally {
    for (const each of [temporary, old]) await rm(each, { recursive: true, force: true });
  }
}

/** Removes what killed processes left. The stand-in must be locked. */
async function removeAbandoned(parent: string, name: DatasetName): Promise<void> {
  const left = (await readdir(parent)).filter((each) => each.startsWith(`.${name}.`) && each.endsWith('.tmp'));
  for (const each of left) await rm(join(parent, each), { recursive: true, force: true });
}

const madeOf = (name: DatasetName) => ({ dataset: name, generator: GENERATOR_VERSION, ...GENERATED_COUNTS[name] });

async function digestsOf(folder: string): Promise<Digests> {
  const files = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isFile());
  const entries = files.map(async ({ name }) => [name, await sha256OfFile(join(folder, name))]);
  return Object.fromEntries(await Promise.all(entries));
}

/** Images of each stand-in: small enough to make in seconds, large enough for the batch size to matter. */
export const GENERATED_COUNTS: Readonly<Record<DatasetName, { readonly train: number; readonly test: number }>> = {
  mnist: { train: 12_000, test: 2_000 },
  cifar10: { train: 10_000, test: 2_000 },
  cifar100: { train: 10_000, test: 2_000 },
  imagenet: { train: 240, test: 60 },
};

/** Every stand-in is drawn from this seed. */
const SEED = 1;

/** Called after each image. */
type Progress = (done: number, total: number) => void;

/** Writes a stand-in's files, in the official format and with the official names, into an existing folder. */
export async function writeGenerated(name: DatasetName, folder: string, progress?: Progress): Promise<void> {
  const { train, test } = GENERATED_COUNTS[name];
  let done = 0;
  const tick: Tick = async () => {
    progress?.(++done, train + test);
    // Keeps signals and timers alive during seconds of drawing.
    if (done % 256 === 0) await setImmediate();
  };
  for (const split of ['train', 'test'] as const) await WRITERS[name](folder, split, tick);
}

type Tick = () => Promise<void>;

const WRITERS: Readonly<Record<DatasetName, (folder: string, split: Split, tick: Tick) => Promise<void>>> = {
  mnist: writeMnist,
  cifar10: (folder, split, tick) => writeCifar(CIFAR10, folder, split, tick),
  cifar100: (folder, split, tick) => writeCifar(CIFAR100, folder, split, tick),
  imagenet: writeImageNet,
};

/** The numbers of one image: none depends on how many others there are. */
function imageStream(name: DatasetName, split: Split, image: number): Stream {
  const [epoch, step] = [DATASET_NAMES.indexOf(name), split === 'train' ? 0 : 1];
  return { seed: SEED, purpose: 'generatedData', epoch, step, chunk: image };
}

async function writeMnist(folder: string, split: Split, tick: Tick): Promise<void> {
  const count = GENERATED_COUNTS.mnist[split];
  const size = DIGIT_SIDE * DIGIT_SIDE;
  const images = new Uint8Array(count * size);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 10);
  for (let i = 0; i < count; i++) {
    drawDigit(labels[i]!, imageStream('mnist', split, i), images, i * size);
    await tick();
  }
  const [imageFile, labelFile] = MNIST_FILES[split];
  await writeFile(join(folder, imageFile), [idxHeader([count, DIGIT_SIDE, DIGIT_SIDE]), images]);
  await writeFile(join(folder, labelFile), [idxHeader([count]), labels]);
}

function idxHeader(dimensions: readonly number[]): Uint8Array {
  const header = new DataView(new ArrayBuffer(4 + 4 * dimensions.length));
  header.setUint32(0, 0x0800 | dimensions.length);
  dimensions.forEach((length, i) => {
    header.setUint32(4 + 4 * i, length);
  });
  return new Uint8Array(header.buffer);
}

async function writeCifar(format: CifarFormat, folder: string, split: Split, tick: Tick): Promise<void> {
  const files = split === 'train' ? format.train : [format.test];
  const perFile = GENERATED_COUNTS[format.dataset][split] / files.length;
  const labelBytes = format.labels.length;
  const classes = last(format.labels);
  const stride = labelBytes + 3 * 32 * 32;
  for (const [part, file] of files.entries()) {
    const bytes = new Uint8Array(perFile * stride);
    for (let i = 0; i < perFile; i++) {
      const image = part * perFile + i;
      const label = image % classes;
      const stream = imageStream(format.dataset, split, image);
      const at = i * stride + labelBytes;
      // CIFAR-10's class is the shape, in any pattern; CIFAR-100's is shape and pattern, five to a superclass.
      const [shape, pattern] =
        format.dataset === 'cifar10'
          ? [label, Math.floor(image / classes) % PATTERNS.length]
          : [Math.floor(label / PATTERNS.length), label % PATTERNS.length];
      if (labelBytes === 2) bytes[at - 2] = Math.floor(label / 5);
      bytes[at - 1] = label;
      paintObject(shape, pattern, stream, 32, 32, bytes, at);
      await tick();
    }
    await writeFile(join(folder, file), bytes);
  }
}

/** Twenty classes: each shape, solid and striped. Sizes differ, as in ImageNet. */
async function writeImageNet(folder: string, split: Split, tick: Tick): Promise<void> {
  const sharp = await loadSharp();
  const classes = 2 * SHAPES.length;
  const count = GENERATED_COUNTS.imagenet[split];
  for (let i = 0; i < count; i++) {
    const label = i % classes;
    const wnid = `n${String(90_000_000 + label)}`;
    const below = join(folder, split === 'train' ? 'train' : 'val', wnid);
    await mkdir(below, { recursive: true });
    const height = 160 + ((i * 37) % 120);
    const width = 160 + ((i * 53) % 140);
    const planes = new Uint8Array(3 * height * width);
    const stream = imageStream('imagenet', split, i);
    paintObject(label % SHAPES.length, Math.floor(label / SHAPES.length), stream, height, width, planes, 0);
    await sharp(interleave(planes, height * width), { raw: { width, height, channels: 3 } })
      .jpeg({ quality: 90 })
      .toFile(join(below, `${wnid}_${i}.JPEG`));
    await tick();
  }
}

function interleave(planes: Uint8Array, plane: number): Uint8Array {
  const pixels = new Uint8Array(planes.length);
  for (let i = 0; i < plane; i++) {
    for (let channel = 0; channel < 3; channel++) pixels[3 * i + channel] = planes[channel * plane + i]!;
  }
  return pixels;
}
