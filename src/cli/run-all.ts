/** Carries out runs, for `run` and `tune`: one after another or as many at once as `--jobs` asks for. */
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import type { RunSpec } from '../config/schema.js';
import { WorkerCrash } from '../jobs/worker-process.js';
import { type Workers, withRetry } from '../jobs/workers.js';
import { isFinished, recordsOf } from '../records/earlier-run.js';
import { makeRunFolders, removeWaiting } from '../records/run-folder.js';
import type { RunRecord } from '../records/run-record.js';
import type { Session } from '../session/session.js';
import { at } from '../support/at.js';
import { EXIT, messageOf, SmoothOutError } from '../support/errors.js';
import { makeFolder } from '../support/files.js';
import { inLanes } from '../support/lanes.js';
import { permutation } from '../support/random.js';
import type { RunSettings } from '../training/run.js';
import { withJobs } from './jobs.js';
import type { TrainingOptions } from './options.js';
import { log, printJson, reportError } from './output.js';
import { createRunsProgress, type RunEnd, type RunProgress, runName } from './runs-progress.js';
import { inSession } from './session.js';

/** How a run ended: with its record, or with what was thrown. */
export type Outcome =
  | { readonly spec: RunSpec; readonly record: RunRecord }
  | { readonly spec: RunSpec; readonly error: unknown };

/** How long the folder of a run is waited for: a worker whose command was killed leaves it after its step. */
const LOCK_SECONDS = 30;

/**
 * A failing run does not stop the others (unless `failFast`); an interruption does. What is wrong with the data or the
 * output folder is found before any run starts.
 *
 * @returns the outcomes of the runs that were begun or found finished, in the order of the plan; as exit status that of the
 * first run that failed, or of the interruption.
 * @throws SmoothOutError DATA_MISSING, DATA_CORRUPT, CONFIG_INVALID, OUTPUT_UNWRITABLE, NO_SPACE, USAGE
 */
export async function runAll(runs: readonly RunSpec[], options: TrainingOptions) {
  const { prepareRuns } = await import('../training/run.js');
  const { out, failFast = false, json = false, shuffle = false } = options;
  await makeFolder(join(out, 'runs'));
  return inSession(options, async (session) => {
    const images = await prepareRuns(session, runs);
    const waiting = await makeRunFolders(out, runs);
    const earlier = await recordsOf(runs, out);
    const unfinished = runs.filter((_, i) => !isFinished(earlier[i]));
    const threads = earlier.find((record) => record && !isFinished(record))?.environments?.at(-1)?.threads;
    const workload = { specs: unfinished, threads };
    return withJobs(session, options, workload, async (workers) => {
      const jobs = workers?.count ?? 1;
      const left = images.map((count, i) => count * (1 - doneOf(earlier[i])));
      const progress = createRunsProgress({ runs, images: left, jobs, json });
      const outcomes = new Map<RunSpec, Outcome>();
      let [status, isStopped]: [number, boolean] = [EXIT.ok, false];
      await inLanes(shuffle ? shuffled(runs) : runs, jobs, async (spec) => {
        if (isStopped || session.signal.aborted) return;
        const own = progress.follow(spec);
        // The checkpoint of a run that diverged has its fault in it already.
        const force =
          options.force || (earlier[runs.indexOf(spec)]?.status === 'diverged' && options.retry !== undefined);
        const settings = { out, force, lockSeconds: workers ? LOCK_SECONDS : 0 };
        const outcome = await trainOne(session, workers, spec, settings, own);
        own.stop(endOf(outcome));
        outcomes.set(spec, outcome);
        const isTold = isInterruption(outcome) && [...outcomes.values()].filter(isInterruption).length > 1;
        const where = runs.length === 1 || isInterruption(outcome) ? undefined : runName(spec);
        const ended = isTold ? EXIT.interrupted : tell(outcome, { where, begun: own.hasBegun(), json });
        if (own.hasBegun() && where !== undefined) log(`${where}: ${progress.overall()}`);
        status ||= ended;
        if (ended === EXIT.ok || !failFast) return;
        isStopped = true;
        workers?.stop();
      }).finally(progress.stop);
      const interrupted = session.signal.aborted;
      return {
        outcomes: runs.flatMap((spec) => outcomes.get(spec) ?? []),
        interrupted,
        status: interrupted ? EXIT.interrupted : status,
      };
    }).finally(() => removeWaiting(waiting));
  });
}

/** Trains one run, here or by a worker. A worker that crashes at it costs it one more try, from its checkpoint. */
async function trainOne(
  session: Session,
  workers: Workers | null,
  spec: RunSpec,
  settings: RunSettings,
  { events, hasBegun }: RunProgress,
): Promise<Outcome> {
  const { recordFailure, trainRun } = await import('../training/run.js');
  try {
    if (workers === null) return { spec, record: await trainRun(session, spec, { ...settings, ...events }) };
    const attempt = () => workers.perform('train', { spec, ...settings, force: settings.force && !hasBegun() }, events);
    const onCrash = (why: string) => log(`${runName(spec)}: ${why}; once more, from its checkpoint`);
    return { spec, record: await withRetry(session.signal, attempt, onCrash) };
  } catch (error) {
    if (error instanceof WorkerCrash) await recordFailure(settings.out, spec, error);
    return { spec, error };
  }
}

interface Telling {
  /** Which run it is, if that is to be said of an error. */
  readonly where: string | undefined;
  readonly begun: boolean;
  readonly json: boolean;
}

/** Logs how a run ended, unless its progress has shown that already; returns its exit status. */
function tell(outcome: Outcome, { where, begun, json }: Telling): number {
  const { spec } = outcome;
  if ('error' in outcome) {
    const status = reportError(outcome.error, where);
    const code = outcome.error instanceof SmoothOutError ? outcome.error.code : 'UNEXPECTED';
    const error = { code, message: messageOf(outcome.error) };
    const { experiment, method, seed } = spec;
    if (json) printJson({ event: 'failure', experiment, method: method.label, seed, error });
    return status;
  }
  const { record } = outcome;
  if (json) printJson({ event: 'run', ...record });
  if (!begun) log(`${runName(spec)}: ${record.status} before; --force runs it again`);
  return record.status === 'diverged' ? EXIT.runFailed : EXIT.ok;
}

const isInterruption = (outcome: Outcome) =>
  'error' in outcome && outcome.error instanceof SmoothOutError && outcome.error.code === 'INTERRUPTED';

function endOf(outcome: Outcome): RunEnd {
  if (isInterruption(outcome)) return 'interrupted';
  return 'error' in outcome || outcome.record.status === 'diverged' ? 'failed' : 'done';
}

const doneOf = (record: RunRecord | undefined) =>
  record === undefined || record.epochs === 0 ? 0 : record.epochsDone / record.epochs;

function shuffled<T>(items: readonly T[]): T[] {
  const order = permutation({ seed: randomInt(2 ** 32), purpose: 'shuffle' }, items.length);
  return Array.from(order, (i) => at(items, i));
}
