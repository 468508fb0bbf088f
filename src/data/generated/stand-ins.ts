/** Stand-ins for the data sets: drawn, not downloaded, in the official formats. */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { sha256OfFile } from '../../support/digest.js';
import { exists, parseJson, temporaryFor } from '../../support/files.js';
import { DATASET_NAMES, DATASETS, type DatasetName } from '../datasets.js';
import { findOrMake } from '../files.js';
import type { Split } from '../source.js';

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

interface StandIn {
  readonly folder: string;
  /** Made now, and not found. */
  readonly made: boolean;
  readonly digests: Digests;
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

/** The stand-in's folder, where it is there, whole and of this version; else null. */
export async function findGenerated(root: string, name: DatasetName): Promise<string | null> {
  return (await readMark(root, name)) && generatedFolder(root, name);
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
): Promise<StandIn> {
  const folder = generatedFolder(root, name);
  return findOrMake<StandIn>({
    lock: join(root, 'generated', `${name}.lock.json`),
    seconds: MOST_SECONDS,
    async find() {
      const digests = force ? null : await readMark(root, name);
      return digests === null ? undefined : { folder, made: false, digests };
    },
    async make() {
      await removeAbandoned(join(root, 'generated'), name);
      return { folder, made: true, digests: await makeStandIn(name, folder, progress) };
    },
  });
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

const madeOf = (name: DatasetName) => ({ dataset: name, generator: GENERATOR_VERSION, ...DATASETS[name].standIn });

async function digestsOf(folder: string): Promise<Digests> {
  const files = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isFile());
  const entries = files.map(async ({ name }) => [name, await sha256OfFile(join(folder, name))]);
  return Object.fromEntries(await Promise.all(entries));
}

/** Every stand-in is drawn from this seed. */
const SEED = 1;

/** Called after each image. */
type Progress = (done: number, total: number) => void;

/** Writes a stand-in's files, in the official format and with the official names, into an existing folder. */
export async function writeGenerated(name: DatasetName, folder: string, progress?: Progress): Promise<void> {
  const { standIn, load } = DATASETS[name];
  const { draw } = await load();
  const total = standIn.train + standIn.test;
  let done = 0;
  async function* images(split: Split, step: number) {
    for (let image = 0; image < standIn[split]; image++) {
      const epoch = DATASET_NAMES.indexOf(name);
      yield { image, numbers: { seed: SEED, purpose: 'generatedData', epoch, step, chunk: image } as const };
      progress?.(++done, total);
      // Keeps signals and timers alive during seconds of drawing.
      if (done % 256 === 0) await setImmediate();
    }
  }
  for (const [step, split] of (['train', 'test'] as const).entries()) {
    await draw({ split, folder, count: standIn[split], images: images(split, step) });
  }
}
