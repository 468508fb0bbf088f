/**
 * last.safetensors: all that a resumed run needs. Randomness is counter-based, so the place in the training and the
 * state are everything. best.safetensors holds the parameters and running statistics alone.
 */
import type { RunSpec } from '../config/schema.js';
import type { Layout } from '../nn/layout.js';
import { fromTensors, TRAINING_PREFIXES, toTensors, type Weights } from '../nn/weights.js';
import { type EpochProgress, parsePlace } from '../records/checkpoint-place.js';
import { damaged } from '../records/run-folder.js';
import { SmoothOutError } from '../support/errors.js';
import { writeFileAtomic } from '../support/files.js';
import { encodeSafetensors, type Metadata, readSafetensors, type StoredTensors } from '../support/safetensors.js';
import type { Learner } from './learner.js';
import { forKept, type HostState } from './state.js';

const FORMAT = '2';
/** Its noise was drawn from U(−a, a) and not scaled from U(−1, 1): equal but for the last bit of θ. */
const OLD_NOISE = '1';

export const newEpoch = (epoch: number): EpochProgress => ({
  epoch,
  steps: 0,
  images: 0,
  lossSum: 0,
  correct: 0,
  seconds: 0,
});

/** A run between two steps. */
export interface Checkpoint {
  readonly state: HostState;
  /** The epoch under way: 0 steps of it are done where the checkpoint was made at an epoch's end. */
  readonly progress: EpochProgress;
}

/** What both kinds of checkpoint say of themselves. `epoch` is counted from 1. */
export function describe(spec: RunSpec, epoch: number): Metadata {
  const { experiment, model, dataset, method, seed, configHash } = spec;
  return {
    format: FORMAT,
    model,
    dataset,
    experiment,
    method: method.label,
    seed: `${seed}`,
    epoch: `${epoch}`,
    configHash,
  };
}

export async function saveWeights(path: string, weights: Weights, layout: Layout, metadata: Metadata): Promise<void> {
  await writeFileAtomic(path, encodeSafetensors(toTensors(weights, layout), metadata));
}

export async function saveCheckpoint(
  path: string,
  spec: RunSpec,
  layout: Layout,
  checkpoint: Checkpoint,
): Promise<void> {
  const { state, progress } = checkpoint;
  const kept = (['optimizer', 'memory', 'average'] as const).flatMap((kind) =>
    Object.entries(state[kind]).map(([name, data]) => [`${TRAINING_PREFIXES[kind]}${name}`, data] as const),
  );
  const tensors: StoredTensors = {
    ...toTensors(state, layout),
    ...Object.fromEntries(kept.map(([name, data]) => [name, { shape: [data.length], data }])),
  };
  const place = JSON.stringify({ updates: state.updates, progress });
  await writeFileAtomic(path, encodeSafetensors(tensors, { ...describe(spec, progress.epoch), place }));
}

/** @throws SmoothOutError CHECKPOINT_INVALID: damaged, or of a run with other settings. */
export async function readCheckpoint(path: string, spec: RunSpec, learner: Learner): Promise<Checkpoint> {
  const { layout } = learner.model;
  const refused = (why: string, hint: string) => new SmoothOutError('CHECKPOINT_INVALID', `${path}: ${why}`, { hint });
  const { tensors, metadata } = await readSafetensors(path);
  const place = parsePlace(metadata);
  if (![FORMAT, OLD_NOISE].includes(metadata.format ?? '') || place === null) {
    throw damaged(path, 'not a checkpoint to resume from: it does not say how far the training had come');
  }
  if (metadata.configHash !== spec.configHash || metadata.seed !== `${spec.seed}`) {
    throw refused(
      'a checkpoint of a run with other settings or another seed',
      'Give the experiment another name, or start over with --force.',
    );
  }
  if (metadata.format === OLD_NOISE && ['smoothout', 'smoothout-deterministic'].includes(spec.method.name)) {
    throw refused(
      'an earlier smoothout began this run and rounded its noise otherwise, so it cannot be continued exactly',
      'Finish it with the version that its run.json names, or start over with --force.',
    );
  }
  const { updates, progress } = place;
  const kept = (kind: keyof typeof TRAINING_PREFIXES, name: string) => {
    const stored = `${TRAINING_PREFIXES[kind]}${name}`;
    const data = tensors[stored]?.data;
    if (data instanceof Float32Array && data.length === layout.size) return data;
    throw damaged(path, `${stored} is missing or has the wrong size`);
  };
  return { state: { ...fromTensors(tensors, layout, path), ...forKept(learner, kept), updates }, progress };
}
