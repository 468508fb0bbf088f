/** Estimates what runs will cost on this machine, from speeds that it measures for a moment or has kept from an earlier time. */
import type { RunSpec } from '../config/schema.js';
import { type PlannedRun, timeOf, withinBudget } from '../jobs/budget.js';
import { type KeptSpeed, keepSpeeds, keptSpeeds, keyOf } from '../jobs/speeds.js';
import { practiseAll } from '../jobs/split.js';
import { isFinished, recordsOf } from '../records/earlier-run.js';
import type { RunRecord } from '../records/run-record.js';
import { chooseSources } from '../session/sources.js';
import { durationText } from '../support/words.js';
import { costOf, type RunCost, speedKey } from '../training/cost.js';
import { sharesOf, workersFor } from './jobs.js';
import type { TrainingOptions } from './options.js';
import { log, textTable } from './output.js';
import { inSession } from './session.js';

/** A run of a plan, and what the rest of it will cost. */
interface CostedRun extends PlannedRun, RunCost {
  readonly imagesPerSecond: number;
  /** Of the process that trains it. */
  readonly memory: number;
}

interface Costs {
  readonly runs: readonly CostedRun[];
  /** A line for each run, and one for all of them. */
  readonly text: string;
}

const FINISHED = { seconds: 0, diskBytes: 0, imagesPerSecond: 0, memory: 0 };

/**
 * Of those of the runs that fit the budget, where there is one.
 *
 * @throws SmoothOutError DATA_MISSING, DATA_CORRUPT, CONFIG_INVALID, and what training the first steps throws.
 */
export async function costsOf(specs: readonly RunSpec[], options: TrainingOptions): Promise<Costs> {
  const records = await recordsOf(specs, options.out);
  const earlier = specs.map((spec, i) => (startsOver(records[i], spec, options) ? undefined : records[i]));
  const unfinished = specs.filter((_, i) => !isFinished(earlier[i]));
  return inSession(options, async (session) => {
    const open = workersFor(session, options);
    const shares = await sharesOf(session, options, { specs: unfinished }, open);
    const { name, device } = session.engine;
    const { processor } = session.provenance.process;
    const { smoothout, onnxruntime } = session.provenance.versions;
    const machine = [processor, smoothout, onnxruntime, name, device, shares];
    const speeds: Record<string, KeptSpeed> = options.force ? {} : { ...(await keptSpeeds()) };
    const runs: CostedRun[] = [];
    for (const [i, spec] of specs.entries()) {
      if (!unfinished.includes(spec)) {
        runs.push({ spec, ...FINISHED });
        continue;
      }
      const sources = chooseSources(spec, await session.dataset(spec));
      const key = keyOf(machine, speedKey(spec));
      if (speeds[key] === undefined) {
        log(`measuring ${spec.model} at batch ${spec.batchSize}, ${spec.method.label}`);
        const { imagesPerSecond, memory } = await practiseAll(open, spec, shares);
        speeds[key] = { imagesPerSecond: imagesPerSecond / shares.length, memory };
        await keepSpeeds({ [key]: speeds[key] });
      }
      const { epochs = 1, epochsDone = 0 } = earlier[i] ?? {};
      const cost = await costOf(spec, sources, { ...speeds[key], done: epochsDone / epochs });
      runs.push({ spec, ...speeds[key], ...cost });
    }
    const jobs = Math.max(1, Math.min(shares.length, unfinished.length));
    const fitting = options.budget === undefined ? runs : withinBudget(runs, options.budget, jobs);
    return { runs: fitting, text: costsText(fitting, jobs) };
  });
}

const startsOver = (record: RunRecord | undefined, { configHash }: RunSpec, { force, retry }: TrainingOptions) =>
  force === true || record?.configHash !== configHash || (record.status === 'diverged' && retry !== undefined);

const HEADER = ['experiment', 'method', 'seed', 'images/s', 'time left', 'memory', 'disk'];

/** @param jobs how many run at once. */
function costsText(runs: readonly CostedRun[], jobs: number): string {
  const rows = runs.map(({ spec: { experiment, method, seed }, imagesPerSecond, seconds, memory, diskBytes }) => {
    const left = [imagesPerSecond.toFixed(0), durationText(seconds), megabytes(memory), megabytes(diskBytes)];
    return [experiment, method.label, `${seed}`, ...(seconds === 0 ? ['', 'finished'] : left)];
  });
  const largest = runs.map(({ memory }) => memory).sort((a, b) => b - a);
  const memory = sum(largest.slice(0, jobs));
  const atOnce = jobs === 1 ? 'one after another' : `${jobs} at once`;
  const disk = sum(runs.map(({ diskBytes }) => diskBytes));
  return [
    textTable([HEADER, ...rows], [2, 3, 4, 5, 6]),
    `About ${durationText(timeOf(runs, jobs))} for all, ${atOnce}; ${megabytes(memory)} of memory, ${megabytes(disk)} of disk`,
  ].join('\n');
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1e6)} MB`;
