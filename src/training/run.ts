/** Runs, each in its folder: started, resumed, or found finished; the record kept up to date whatever happens. */
import { isDeepStrictEqual } from 'node:util';
import { runConfigText } from '../config/resolve.js';
import type { DatasetName, RunSpec } from '../config/schema.js';
import { openDataset } from '../data/open.js';
import type { Dataset } from '../data/source.js';
import { type ChosenEngine, createEngine, type EngineChoice } from '../engine/create.js';
import type { Engine } from '../engine/engine.js';
import type { Layout } from '../nn/layout.js';
import { initialise } from '../nn/weights.js';
import { type EpochMetrics, truncateMetrics } from '../records/metrics.js';
import { clearRun, damaged, openRun, type RunPaths, runPaths } from '../records/run-folder.js';
import {
  dataOf,
  failureOf,
  newRecord,
  type Provenance,
  progressOf,
  type RunRecord,
  readRunRecord,
  writeRunRecord,
} from '../records/run-record.js';
import { SmoothOutError } from '../support/errors.js';
import { exists, writeFileAtomic } from '../support/files.js';
import { readSafetensors } from '../support/safetensors.js';
import { gitCommit, versions } from '../support/versions.js';
import { type Checkpoint, type EpochProgress, newEpoch, readCheckpoint, weightsIn } from './checkpoint.js';
import type { Learner } from './programs.js';
import { buildLearner, chooseSources, type Sources } from './setup.js';
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
  if (epochs.length < from.progress.epoch) {
    throw damaged(paths.metrics, `${epochs.length} epochs, where the checkpoint is after ${from.progress.epoch}`);
  }
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

export type RunEvents = Pick<RunOptions, 'onStart' | 'onStep' | 'onEpoch'>;

/** What the runs of one command share: the engine, the opened data sets, where the code came from. */
export interface Workshop {
  readonly engine: ChosenEngine;
  /**
   * Opens the data of runs to come and checks that it fits them, so that hours of one run do not come before what is
   * wrong with the next.
   *
   * @throws what `openDataset` and `chooseSources` throw.
   */
  prepare(specs: readonly RunSpec[]): Promise<void>;
  /** @throws what `trainRun` and `openDataset` throw. */
  run(
    spec: RunSpec,
    options: RunEvents & Pick<RunOptions, 'force' | 'signal'> & { readonly out: string },
  ): Promise<RunRecord>;
  dispose(): Promise<void>;
}

export async function createWorkshop(choice: EngineChoice & { readonly data?: string }): Promise<Workshop> {
  const [engine, allVersions, commit] = await Promise.all([createEngine(choice), versions(), gitCommit()]);
  const provenance = { versions: allVersions, gitCommit: commit };
  const datasets = new Map<string, Promise<Dataset>>();
  const datasetOf = ({ dataset, synthetic }: { dataset: DatasetName; synthetic: boolean }) => {
    const key = `${dataset} ${synthetic}`;
    if (!datasets.has(key)) datasets.set(key, openDataset(dataset, { directory: choice.data, synthetic }));
    return datasets.get(key)!;
  };
  return {
    engine,
    async prepare(specs) {
      for (const spec of specs) chooseSources(spec, await datasetOf(spec));
    },
    async run(spec, { out, ...options }) {
      const dataset = await datasetOf(spec);
      return trainRun({ ...options, spec, engine, provenance, dataset, paths: runPaths(out, spec) });
    },
    dispose: () => engine.dispose(),
  };
}
