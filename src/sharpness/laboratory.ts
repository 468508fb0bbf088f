/** What the analyses of one command share: the engine, the opened data, the networks. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { openDataset } from '../data/open.js';
import { type Dataset, firstImages, type ImageSource } from '../data/source.js';
import { type ChosenEngine, createEngine, type EngineChoice } from '../engine/create.js';
import type { Weights } from '../nn/initialise.js';
import type { Model } from '../nn/model.js';
import { chooseSources } from '../training/sources.js';
import { type CheckpointFile, modelOf, readCheckpointFile, weightsOf } from './checkpoint.js';
import { openImages, type SplitImages } from './images.js';

export type Split = 'train' | 'test';

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
  /** @throws what `readCheckpointFile`, `weightsOf` and `openDataset` throw. */
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
