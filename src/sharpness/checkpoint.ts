/** A checkpoint and the run it is of: what every analysis of this folder starts from. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { loadConfigs } from '../config/load.js';
import { readRunConfig, resolveRuns } from '../config/resolve.js';
import type { RunSpec } from '../config/schema.js';
import type { Weights } from '../nn/initialise.js';
import { buildModel, type Model } from '../nn/model.js';
import { fromTensors } from '../nn/stored.js';
import type { Origin } from '../report/figures/curve-record.js';
import { SmoothOutError } from '../support/errors.js';
import { exists } from '../support/files.js';
import { type Metadata, readSafetensors, type StoredTensors } from '../support/safetensors.js';

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

const OPTIMIZER = 'optimizer.';

/**
 * Reads a checkpoint and its run's settings: config.yaml beside it, or `config`, which may describe several runs of one
 * network (the first counts).
 *
 * @throws SmoothOutError CHECKPOINT_INVALID where the file is damaged, unsafe or of another model, or where there are no
 * settings; CONFIG_INVALID for damaged settings.
 */
export async function readCheckpointFile(path: string, config?: string): Promise<CheckpointFile> {
  const { tensors, metadata } = await readSafetensors(path);
  const spec = await settingsOf(path, config);
  if (metadata.model !== undefined && metadata.model !== spec.model) {
    throw new SmoothOutError(
      'CHECKPOINT_INVALID',
      `${path}: a checkpoint of model ${metadata.model}, where its config says ${spec.model}`,
    );
  }
  const epoch = Number(metadata.epoch ?? Number.NaN);
  return {
    path,
    sha256: createHash('sha256')
      .update(await readFile(path))
      .digest('hex'),
    spec,
    origin: originOf(metadata) ?? (config === undefined ? originOfRun(spec) : null),
    epoch: Number.isInteger(epoch) && epoch >= 0 ? epoch : null,
    tensors,
  };
}

function originOf({ experiment, method, seed }: Metadata): Origin | null {
  if (experiment === undefined || method === undefined || !Number.isInteger(Number(seed ?? Number.NaN))) return null;
  return { experiment, method, seed: Number(seed) };
}

function originOfRun({ experiment, method, seed }: RunSpec): Origin {
  return { experiment, method: method.label, seed };
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

/** The network, without dropout: nothing here trains it. */
export function modelOf({ model, hidden }: RunSpec, classes: number): Model {
  return buildModel(model, { classes, dropout: 0, ...(hidden && { hidden }) });
}

/** Parameters and running statistics. @throws SmoothOutError CHECKPOINT_INVALID where they are not the model's. */
export function weightsOf({ tensors, path }: CheckpointFile, { layout }: Model): Weights {
  const own = Object.entries(tensors).filter(([name]) => !name.startsWith(OPTIMIZER));
  const weights = fromTensors(Object.fromEntries(own), layout, path);
  if (!weights.parameters.every(Number.isFinite)) {
    throw new SmoothOutError('CHECKPOINT_INVALID', `${path}: not all of its parameters are finite numbers`);
  }
  return weights;
}
