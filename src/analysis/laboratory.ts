/** What the analyses of one command share: the engine, the opened data, the checkpoints with the runs they are of. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { loadConfigs } from '../config/load.js';
import { readRunConfig, resolveRuns } from '../config/resolve.js';
import type { RunSpec } from '../config/schema.js';
import { openDataset } from '../data/open.js';
import { type Dataset, firstImages, type ImageSource } from '../data/source.js';
import { type ChosenEngine, createEngine, type EngineChoice } from '../engine/create.js';
import { buildModel, type Model } from '../nn/model.js';
import { fromTensors, type Weights } from '../nn/weights.js';
import type { Origin } from '../records/curve-record.js';
import { SmoothOutError } from '../support/errors.js';
import { exists } from '../support/files.js';
import { type Metadata, readSafetensors, type StoredTensors } from '../support/safetensors.js';
import { chooseSources } from '../training/setup.js';
import { openImages, type SplitImages } from './objective.js';

export type Split = 'train' | 'test';

export interface CheckpointFile {
  readonly path: string;
  /** SHA-256 of the file. */
  readonly sha256: string;
  /** The run's settings. */
  readonly spec: RunSpec;
  /** The run, where the file or the config beside it says which. */
  readonly origin: Origin | null;
  /** Counted from 1; null where the file does not say. */
  readonly epoch: number | null;
  readonly tensors: StoredTensors;
}

/** A network at a checkpoint, and the images it was trained on and is tested on. */
export interface Subject {
  readonly file: CheckpointFile;
  readonly model: Model;
  readonly weights: Weights;
  /** The run's own training images, and the official test set (both limited as in the run). */
  readonly splits: Readonly<Record<Split, ImageSource>>;
}

export interface LaboratoryOptions extends EngineChoice {
  /** Where the data is. */
  readonly data?: string;
  /** The config of checkpoints that have none beside them. */
  readonly config?: string;
  readonly signal: AbortSignal;
}

export interface Laboratory {
  readonly engine: ChosenEngine;
  readonly signal: AbortSignal;
  /** @throws SmoothOutError CHECKPOINT_INVALID, CONFIG_INVALID; what `openDataset` throws. */
  open(path: string): Promise<Subject>;
  /** The first `count` images of a split, normalised once for the whole command. */
  images(subject: Subject, split: Split, count: number): Promise<SplitImages>;
  dispose(): Promise<void>;
}

export async function createLaboratory(options: LaboratoryOptions): Promise<Laboratory> {
  const { signal, data, config } = options;
  const engine = await createEngine(options);
  const datasets = new Map<string, Promise<Dataset>>();
  const held = new Map<string, Promise<SplitImages>>();
  return {
    engine,
    signal,
    async open(path) {
      const file = await readCheckpointFile(path, config);
      const { dataset: name, synthetic } = file.spec;
      const dataset = await once(datasets, `${name} ${synthetic}`, () =>
        openDataset(name, { directory: data, synthetic }),
      );
      const model = modelOf(file.spec, dataset.train.classes);
      return { file, model, weights: weightsOf(file, model), splits: splitsOf(file, dataset, signal) };
    },
    images({ file, splits }, split, count) {
      const { dataset, synthetic, validation } = file.spec;
      const source = firstImages(splits[split], count);
      const key = [dataset, synthetic, validation, source.name, source.count].join();
      return once(held, key, () => openImages(source));
    },
    dispose: () => engine.dispose(),
  };
}

function once<T>(made: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const value = made.get(key) ?? make();
  made.set(key, value);
  return value;
}

function splitsOf({ spec }: CheckpointFile, dataset: Dataset, signal: AbortSignal): Record<Split, ImageSource> {
  // Where held-out images choose the best epoch, the limit is theirs, and the test set is whole.
  const { validation, validationLimit } = spec;
  const isLimited = validation === 'test' && validationLimit !== null;
  const test = isLimited ? firstImages(dataset.test, validationLimit) : dataset.test;
  return {
    train: interruptible(chooseSources(spec, dataset).train, signal),
    test: interruptible(test, signal),
  };
}

/** Reading throws the signal's reason once it is aborted, so whatever goes through the images stops at the next batch. */
function interruptible(source: ImageSource, signal: AbortSignal): ImageSource {
  return {
    ...source,
    async read(indices, out, augmentation) {
      // Signals arrive between turns of the event loop only.
      await nextTurn();
      signal.throwIfAborted();
      await source.read(indices, out, augmentation);
    },
  };
}

/**
 * Reads a checkpoint and its run's settings: config.yaml beside it, or `config`, which may describe several runs of one
 * network (the first counts).
 *
 * @throws SmoothOutError CHECKPOINT_INVALID where the file is damaged, unsafe or of another model, or where there are no
 * settings; CONFIG_INVALID for damaged settings.
 */
async function readCheckpointFile(path: string, config?: string): Promise<CheckpointFile> {
  const { tensors, metadata } = await readSafetensors(path);
  const spec = await settingsOf(path, config);
  if (metadata.model !== undefined && metadata.model !== spec.model) {
    throw new SmoothOutError(
      'CHECKPOINT_INVALID',
      `${path}: a checkpoint of model ${metadata.model}, where its config says ${spec.model}`,
    );
  }
  const { experiment, method, seed } = spec;
  const epoch = Number(metadata.epoch ?? Number.NaN);
  return {
    path,
    sha256: createHash('sha256')
      .update(await readFile(path))
      .digest('hex'),
    spec,
    origin: originOf(metadata) ?? (config === undefined ? { experiment, method: method.label, seed } : null),
    epoch: Number.isInteger(epoch) && epoch >= 0 ? epoch : null,
    tensors,
  };
}

function originOf({ experiment, method, seed }: Metadata): Origin | null {
  if (experiment === undefined || method === undefined || !Number.isInteger(Number(seed ?? Number.NaN))) return null;
  return { experiment, method, seed: Number(seed) };
}

async function settingsOf(path: string, config: string | undefined): Promise<RunSpec> {
  if (config !== undefined) {
    const run = (await loadConfigs(config)).flatMap((each) => resolveRuns(each))[0];
    if (run !== undefined) return run;
    throw new SmoothOutError('CONFIG_INVALID', `${config}: describes no run`);
  }
  const beside = join(dirname(path), 'config.yaml');
  if (await exists(beside)) return readRunConfig(beside);
  throw new SmoothOutError(
    'CHECKPOINT_INVALID',
    `${path}: there is no config.yaml beside it, so its model is unknown`,
    { hint: 'Name the config that it was trained with: --config FILE.' },
  );
}

/** The network, without dropout: nothing here trains it. */
function modelOf({ model, hidden }: RunSpec, classes: number): Model {
  return buildModel(model, { classes, dropout: 0, ...(hidden && { hidden }) });
}

/** Parameters and running statistics. @throws SmoothOutError CHECKPOINT_INVALID where they are not the model's. */
function weightsOf({ tensors, path }: CheckpointFile, { layout }: Model): Weights {
  const own = Object.entries(tensors).filter(([name]) => !name.startsWith('optimizer.'));
  const weights = fromTensors(Object.fromEntries(own), layout, path);
  if (!weights.parameters.every(Number.isFinite)) {
    throw new SmoothOutError('CHECKPOINT_INVALID', `${path}: not all of its parameters are finite numbers`);
  }
  return weights;
}
