/** A run in its folder: started, resumed, or found finished; its record kept up to date whatever happens. */
import { isDeepStrictEqual } from 'node:util';
import { runConfigText } from '../config/resolve.js';
import type { RunSpec } from '../config/schema.js';
import type { Dataset } from '../data/source.js';
import type { Engine } from '../engine/engine.js';
import type { Layout } from '../nn/layout.js';
import { initialise } from '../nn/weights.js';
import { SmoothOutError } from '../support/errors.js';
import { exists, writeFileAtomic } from '../support/files.js';
import { readSafetensors } from '../support/safetensors.js';
import { type Checkpoint, readCheckpoint, weightsIn } from './checkpoint.js';
import { type EpochProgress, newEpoch } from './epoch.js';
import { buildLearner } from './learner.js';
import { type EpochMetrics, truncateMetrics } from './metrics.js';
import type { Learner } from './programs.js';
import { type RunRecord, readRunRecord, writeRunRecord } from './record.js';
import { dataOf, failureOf, newRecord, type Provenance, progressOf } from './record-of.js';
import { clearRun, openRun, type RunPaths } from './run-directory.js';
import { chooseSources, type Sources } from './sources.js';
import { freshOptimizerState } from './state.js';
import { train } from './train.js';

export interface RunOptions {
  readonly spec: RunSpec;
  readonly paths: RunPaths;
  readonly dataset: Dataset;
  readonly engine: Engine;
  readonly provenance: Provenance;
  /** Start over, whatever is there. */
  readonly force: boolean;
  readonly signal: AbortSignal;
  readonly onStart: (from: EpochProgress, sources: Sources) => void;
  readonly onStep: (progress: EpochProgress) => void;
  readonly onEpoch: (metrics: EpochMetrics) => void;
}

/**
 * Trains, or resumes, or finds the run finished: completed, or diverged, which training again would not change.
 *
 * @throws SmoothOutError DIVERGED; INTERRUPTED when `signal` stopped it, with everything saved; RUN_LOCKED; NO_SPACE;
 * CHECKPOINT_INVALID where what is there is damaged or of other settings; and what reading data throws.
 */
export async function trainRun(options: RunOptions): Promise<RunRecord> {
  const { spec, paths, dataset, force } = options;
  const sources = chooseSources(spec, dataset);
  const lock = await openRun(paths);
  try {
    if (force) await clearRun(paths);
    const earlier = (await exists(paths.record)) ? await readRunRecord(paths.record) : undefined;
    if (earlier && earlier.configHash !== spec.configHash)
      throw startedWithOther('settings (see config.yaml beside it)', paths);
    if (earlier && !isDeepStrictEqual(earlier.data, dataOf(dataset, sources))) throw startedWithOther('data', paths);
    const isFinished = earlier?.status === 'completed' || earlier?.status === 'diverged';
    return isFinished ? earlier : await trainInFolder(options, sources, earlier);
  } finally {
    await lock.release();
  }
}

async function trainInFolder(options: RunOptions, sources: Sources, earlier: RunRecord | undefined) {
  const { spec, paths, dataset, engine, provenance } = options;
  const learner = buildLearner(spec, sources.train);
  const from = await startingPoint(options, learner);
  const epochs = await truncateMetrics(paths.metrics, from.progress.epoch);
  if (epochs.length < from.progress.epoch) throw lacksEpochs(paths.metrics, epochs.length, from.progress.epoch);
  const parameters = learner.model.layout.size;
  let record = newRecord({ spec, dataset, sources, engine, provenance, parameters, earlier, epochs });
  await writeFileAtomic(paths.config, runConfigText(spec));
  await writeRunRecord(paths.record, record);
  options.onStart(from.progress, sources);
  const onEpoch = async (done: readonly EpochMetrics[]) => {
    record = { ...record, ...progressOf(done, sources) };
    await writeRunRecord(paths.record, record);
    options.onEpoch(done.at(-1)!);
  };
  try {
    await train({ ...options, learner, sources, onEpoch }, from, epochs);
  } catch (error) {
    await writeRunRecord(paths.record, { ...record, ...failureOf(error) });
    throw error;
  }
  record = { ...record, status: 'completed', finishedAt: new Date().toISOString() };
  await writeRunRecord(paths.record, record);
  return record;
}

async function startingPoint({ spec, paths }: RunOptions, learner: Learner): Promise<Checkpoint> {
  const { layout } = learner.model;
  if (await exists(paths.last)) return readCheckpoint(paths.last, spec, layout, learner.optimizer.state);
  const weights = await startingWeights(spec, layout);
  const state = { ...weights, optimizer: freshOptimizerState(learner), updates: 0 };
  return { state, progress: newEpoch(0) };
}

/** Drawn from the seed, or read from the file that `init` names. */
async function startingWeights({ seed, init, batchNorm }: RunSpec, layout: Layout) {
  if (init === null) return initialise(layout, { seed, batchNormScale: batchNorm.scaleInitialisation });
  return weightsIn((await readSafetensors(init)).tensors, layout, init);
}

function startedWithOther(what: string, { record }: RunPaths): SmoothOutError {
  return new SmoothOutError('CHECKPOINT_INVALID', `${record}: this run was started with other ${what}`, {
    hint: 'Give the experiment another name, choose another --out, or start over with --force.',
  });
}

function lacksEpochs(path: string, found: number, expected: number): SmoothOutError {
  return new SmoothOutError(
    'CHECKPOINT_INVALID',
    `${path}: ${found} epochs, where the checkpoint is after ${expected}`,
    {
      hint: 'Start the run over with --force.',
    },
  );
}
