/** Runs, each in its folder: started, resumed, or found finished; the record kept up to date whatever happens. */
import { isDeepStrictEqual } from 'node:util';
import { runConfigText } from '../config/resolve.js';
import type { RunSpec } from '../config/schema.js';
import type { Dataset } from '../data/source.js';
import type { Layout } from '../nn/layout.js';
import { fromTensors, initialise } from '../nn/weights.js';
import type { EpochProgress } from '../records/checkpoint-place.js';
import { isFinished, readEarlierRun, startedWithOther } from '../records/earlier-run.js';
import { type EpochMetrics, truncateMetrics } from '../records/metrics.js';
import { clearRun, damaged, openRun, type RunPaths, runPaths } from '../records/run-folder.js';
import {
  computedOn,
  dataOf,
  failureOf,
  newRecord,
  progressOf,
  type RunRecord,
  readRunRecord,
  writeRunRecord,
} from '../records/run-record.js';
import type { Session } from '../session/session.js';
import { chooseSources, type Sources } from '../session/sources.js';
import { evaluationsOf } from '../smoothout/method.js';
import { last } from '../support/at.js';
import { exists, writeFileAtomic } from '../support/files.js';
import { readSafetensors } from '../support/safetensors.js';
import { counted } from '../support/words.js';
import { type Checkpoint, newEpoch, readCheckpoint } from './checkpoint.js';
import { buildLearner, type Learner } from './learner.js';
import { checkBatches, planOf } from './plan.js';
import { freshState } from './state.js';
import { train } from './train.js';

/** Where a run starts or goes on, and how long it is. */
export interface RunStart {
  readonly from: EpochProgress;
  /** In each epoch. */
  readonly trainImages: number;
  readonly epochs: number;
}

/** What is told while a run is under way, all of it plain data. */
export interface RunEvents {
  /** Something that whoever resumes a run should know before it goes on. */
  readonly onNotice?: (text: string) => void;
  readonly onStart: (start: RunStart) => void;
  readonly onStep: (progress: EpochProgress) => void;
  readonly onEpoch: (metrics: EpochMetrics) => void;
}

export interface RunSettings {
  /** The folder of results. */
  readonly out: string;
  /** Start over, whatever is there. */
  readonly force: boolean;
  /** Waits so long for another process that is just leaving the run's folder. */
  readonly lockSeconds?: number;
}

export type RunOptions = RunSettings & RunEvents;

/**
 * Opens the data of runs to come and checks that it fits them, so that hours of one run do not come before what is wrong
 * with the next.
 *
 * @returns how many images each of them trains on, all epochs together.
 * @throws what `openDataset` and `checkBatches` throw.
 */
export async function prepareRuns(session: Session, specs: readonly RunSpec[]): Promise<number[]> {
  const images: number[] = [];
  for (const spec of specs) {
    const { train } = chooseSources(spec, await session.dataset(spec));
    checkBatches(spec, train);
    const { method } = await buildLearner(spec, train);
    images.push(train.count * planOf(spec, train.count, evaluationsOf(method)).epochs);
  }
  return images;
}

/**
 * Trains, or resumes, or finds the run finished: completed, or diverged, which training again would not change.
 *
 * @throws SmoothOutError DIVERGED; INTERRUPTED when the session's signal stopped it, with everything saved; RUN_LOCKED;
 * NO_SPACE; CHECKPOINT_INVALID where what is there is damaged or of other settings; and what reading data throws.
 */
export async function trainRun(session: Session, spec: RunSpec, options: RunOptions): Promise<RunRecord> {
  const paths = runPaths(options.out, spec);
  const dataset = await session.dataset(spec);
  const sources = chooseSources(spec, dataset);
  checkBatches(spec, sources.train);
  const lock = await openRun(paths, options.lockSeconds);
  try {
    if (options.force) await clearRun(paths);
    const earlier = await readEarlierRun(paths, spec);
    if (earlier && !isDeepStrictEqual(earlier.data, dataOf(dataset, sources))) throw startedWithOther('data', paths);
    if (earlier && isFinished(earlier)) return earlier;
    return await trainInFolder({ session, spec, paths, dataset, sources, earlier }, options);
  } finally {
    await lock.release();
  }
}

/** Writes down that a run failed whose own process could no longer do so. */
export async function recordFailure(out: string, spec: RunSpec, error: unknown): Promise<void> {
  const paths = runPaths(out, spec);
  const lock = await openRun(paths);
  try {
    if (!(await exists(paths.record))) return;
    await writeRunRecord(paths.record, { ...(await readRunRecord(paths.record)), ...failureOf(error) });
  } finally {
    await lock.release();
  }
}

interface RunInFolder {
  readonly session: Session;
  readonly spec: RunSpec;
  readonly paths: RunPaths;
  readonly dataset: Dataset;
  readonly sources: Sources;
  readonly earlier: RunRecord | undefined;
}

async function trainInFolder(run: RunInFolder, { onNotice, onStart, onStep, onEpoch }: RunEvents): Promise<RunRecord> {
  const { session, spec, paths, dataset, sources, earlier } = run;
  const { engine, signal, provenance } = session;
  const learner = await buildLearner(spec, sources.train);
  const from = await startingPoint(run, learner);
  const epochs = await truncateMetrics(paths.metrics, from.progress.epoch);
  const evaluations = evaluationsOf(learner.method);
  const plan = planOf(spec, sources.train.count, evaluations);
  const parameters = learner.model.layout.size;
  const common = { spec, dataset, images: sources, engine, provenance, parameters, evaluations };
  let record = newRecord({ ...common, plannedEpochs: plan.epochs, earlier, epochs });
  const [before, now] = [earlier, record].map((each) => each && computedOn(each));
  if (before && before !== now) {
    onNotice?.(`goes on with ${now}, was on ${before}: its last bits will not be those of a run on one of them`);
  }
  await writeFileAtomic(paths.config, runConfigText(spec));
  await writeRunRecord(paths.record, record);
  onStart({ from: from.progress, trainImages: sources.train.count, epochs: plan.epochs });
  const afterEpoch = async (done: readonly EpochMetrics[]) => {
    record = { ...record, ...progressOf(done, sources.train, evaluations) };
    await writeRunRecord(paths.record, record);
    onEpoch(last(done));
  };
  try {
    await train({ spec, paths, engine, learner, sources, plan, signal, onStep, onEpoch: afterEpoch }, from, epochs);
  } catch (error) {
    await writeRunRecord(paths.record, { ...record, ...failureOf(error) });
    throw error;
  }
  record = { ...record, status: 'completed', finishedAt: new Date().toISOString() };
  await writeRunRecord(paths.record, record);
  return record;
}

async function startingPoint({ spec, paths, earlier }: RunInFolder, learner: Learner): Promise<Checkpoint> {
  const { layout } = learner.model;
  if (await exists(paths.last)) return readCheckpoint(paths.last, spec, learner);
  // The first checkpoint is of the first step.
  const done = earlier?.epochsDone ?? 0;
  if (done > 0) throw damaged(paths.last, `there is no such file, where run.json tells of ${counted(done, 'epoch')}`);
  const state = { ...(await startingWeights(spec, layout)), ...freshState(learner) };
  return { state, progress: newEpoch(0) };
}

/** Drawn from the seed, or read from the file that `init` names. */
async function startingWeights({ seed, init, batchNorm }: RunSpec, layout: Layout) {
  if (init === null) return initialise(layout, { seed, batchNormScale: batchNorm.scaleInitialisation });
  return fromTensors((await readSafetensors(init)).tensors, layout, init);
}
