/** A checkpoint with the settings of its run: the network at it, and the images it was trained on and is tested on. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { loadConfigs } from '../config/load.js';
import { readRunConfig, resolveRuns } from '../config/resolve.js';
import type { RunSpec } from '../config/schema.js';
import type { ImageSource, Split } from '../data/source.js';
import { buildModel, type Model } from '../nn/model.js';
import { fromTensors, type Weights } from '../nn/weights.js';
import type { RunName } from '../records/run-folder.js';
import { sha256 } from '../support/digest.js';
import { SmoothOutError } from '../support/errors.js';
import { exists } from '../support/files.js';
import { type Metadata, readSafetensors } from '../support/safetensors.js';
import type { Session } from './session.js';
import { chooseSources } from './sources.js';

export interface CheckpointFile {
  readonly path: string;
  /** SHA-256 of the file. */
  readonly sha256: string;
  /** The run's settings. */
  readonly spec: RunSpec;
  /** The run, where the file or the config beside it says which. */
  readonly run: RunName | null;
  /** Counted from 1; null where the file does not say. */
  readonly epoch: number | null;
  /** The network without dropout, since nothing trains it here. */
  readonly model: Model;
  readonly weights: Weights;
  /** The run's own training images, and the official test set (both limited as in the run). */
  readonly splits: Readonly<Record<Split, ImageSource>>;
}

/**
 * Opens a checkpoint and the data of its run, whose settings are in config.yaml beside it or in the file `config`, which
 * may describe several runs of one network (the first counts).
 *
 * @throws SmoothOutError CHECKPOINT_INVALID where the file is damaged, unsafe or of another model, or where there are no
 * settings; CONFIG_INVALID for damaged settings; what `openDataset` throws.
 */
export async function openCheckpoint(session: Session, path: string, config?: string): Promise<CheckpointFile> {
  const { tensors, metadata } = await readSafetensors(path);
  const spec = await settingsOf(path, config);
  if (metadata.model !== undefined && metadata.model !== spec.model) {
    const what = `a checkpoint of model ${metadata.model}, where its config says ${spec.model}`;
    throw new SmoothOutError('CHECKPOINT_INVALID', `${path}: ${what}`);
  }
  const { train, test } = chooseSources(spec, await session.dataset(spec));
  const { classes, shape } = train;
  const model = await buildModel(spec.model, { classes, inputShape: shape, dropout: 0, hidden: spec.hidden });
  const { experiment, method, seed } = spec;
  const epoch = Number(metadata.epoch ?? Number.NaN);
  return {
    path,
    sha256: sha256(await readFile(path)),
    spec,
    run: runIn(metadata) ?? (config === undefined ? { experiment, method: method.label, seed } : null),
    epoch: Number.isInteger(epoch) && epoch >= 0 ? epoch : null,
    model,
    weights: fromTensors(tensors, model.layout, path),
    splits: { train: interruptible(train, session.signal), test: interruptible(test, session.signal) },
  };
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
    {
      hint: 'Name the config that it was trained with: --config FILE.',
    },
  );
}

function runIn({ experiment, method, seed }: Metadata): RunName | null {
  if (experiment === undefined || method === undefined || !Number.isInteger(Number(seed ?? Number.NaN))) return null;
  return { experiment, method, seed: Number(seed) };
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
