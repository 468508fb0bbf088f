/** What run.json says of a run: at its start, after each epoch, and when it ends before its time. */
import type { RunSpec } from '../config/schema.js';
import type { Dataset } from '../data/source.js';
import type { Engine } from '../engine/engine.js';
import { SmoothOutError } from '../support/errors.js';
import { bestEpoch, type EpochMetrics } from './metrics.js';
import { RECORD_VERSION, type RunRecord } from './record.js';
import type { Sources } from './sources.js';

/** Where the code came from. */
export type Provenance = Pick<RunRecord, 'gitCommit' | 'versions'>;

export interface RecordInputs {
  readonly spec: RunSpec;
  readonly dataset: Dataset;
  readonly sources: Sources;
  readonly engine: Engine;
  readonly provenance: Provenance;
  readonly parameters: number;
  /** The record of the run that is resumed. */
  readonly earlier: RunRecord | undefined;
  readonly epochs: readonly EpochMetrics[];
}

export function newRecord(inputs: RecordInputs): RunRecord {
  const { spec, dataset, sources, engine, provenance, parameters, earlier, epochs } = inputs;
  return {
    version: RECORD_VERSION,
    experiment: spec.experiment,
    method: spec.method.label,
    seed: spec.seed,
    status: 'running',
    startedAt: earlier?.startedAt ?? new Date().toISOString(),
    finishedAt: null,
    epochs: spec.epochs,
    validation: spec.validation,
    parameters,
    engine: engine.name,
    device: engine.device,
    configHash: spec.configHash,
    ...provenance,
    dataset: spec.dataset,
    data: dataOf(dataset, sources),
    error: null,
    ...progressOf(epochs, sources),
  };
}

/** Which images the run sees. */
export function dataOf(dataset: Dataset, { train, validation }: Sources): RunRecord['data'] {
  return {
    synthetic: dataset.synthetic,
    trainImages: train.count,
    validationImages: validation.count,
    digests: { ...dataset.digests },
  };
}

/** The part of the record that grows with the epochs. */
export function progressOf(epochs: readonly EpochMetrics[], { train }: Sources) {
  const best = bestEpoch(epochs);
  const trainingSeconds = epochs.reduce((sum, { imagesPerSecond }) => sum + train.count / imagesPerSecond, 0);
  return {
    epochsDone: epochs.length,
    bestEpoch: best?.epoch ?? null,
    bestAccuracy: best?.validationAccuracy ?? null,
    finalAccuracy: epochs.at(-1)?.validationAccuracy ?? null,
    imagesPerSecond: epochs.length === 0 ? null : (train.count * epochs.length) / trainingSeconds,
    seconds: epochs.reduce((sum, { seconds }) => sum + seconds, 0),
  };
}

export function failureOf(error: unknown): Pick<RunRecord, 'status' | 'finishedAt' | 'error'> {
  const code = error instanceof SmoothOutError ? error.code : 'UNEXPECTED';
  const finishedAt = new Date().toISOString();
  if (code === 'INTERRUPTED') return { status: 'interrupted', finishedAt, error: null };
  const message = error instanceof Error ? error.message : String(error);
  return { status: code === 'DIVERGED' ? 'diverged' : 'failed', finishedAt, error: { code, message } };
}
