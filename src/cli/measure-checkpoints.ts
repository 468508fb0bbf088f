/** Measures checkpoints, as many at once as `--jobs` asks for: what fails is said and does not stop the others. */
import type { CheckpointRequest, Measured, MeasureEvents } from '../analysis/measure-checkpoint.js';
import type { Perform } from '../jobs/tasks.js';
import { withRetry } from '../jobs/workers.js';
import { EXIT, SmoothOutError } from '../support/errors.js';
import { inLanes } from '../support/lanes.js';
import { durationText } from '../support/words.js';
import { type JobsOptions, withJobs } from './jobs.js';
import { type Column, createLiveTable } from './live-table.js';
import type { AnalysisOptions } from './options.js';
import { GENERATED_NOTE, log, print, printJson, reportError, showsProgress } from './output.js';
import { LINE_SECONDS } from './progress.js';
import { checkpointLabel, inSession, openCheckpoints } from './session.js';

export interface CheckpointsToMeasure<Asked, Measurement> {
  /** What `--json` calls a measurement. */
  readonly event: 'sharpness' | 'curvature';
  readonly settings: readonly Asked[];
  readonly measure: (
    perform: Perform,
    request: CheckpointRequest<Asked>,
    events: MeasureEvents<Measurement>,
  ) => Promise<unknown>;
  /** The table at the end, and what its words mean. */
  readonly summary: (measured: readonly Measured<Measurement>[]) => string;
  /** Writes files of all measurements, once none is left to do, and returns their paths. */
  readonly write?: (measured: readonly Measured<Measurement>[]) => Promise<readonly string[]>;
}

type Options = AnalysisOptions & JobsOptions & { readonly ckpt: readonly string[]; readonly force?: boolean };

/** Returns the exit status. An interruption ends it; any other error of one checkpoint does not stop the others. */
export async function measureCheckpoints<Asked, Measurement extends object>(
  options: Options,
  { event, settings, measure, summary, write }: CheckpointsToMeasure<Asked, Measurement>,
): Promise<number> {
  const { config, force = false, json = false } = options;
  const measured = new Map<string, Measured<Measurement>[]>(options.ckpt.map((path) => [path, []]));
  const failures: string[] = [];
  let status: number = EXIT.ok;
  const failed = (path: string, error: unknown): void => {
    const own = reportError(error);
    status ||= own;
    failures.push(`${path}: ${error instanceof SmoothOutError ? error.code.toLowerCase() : 'failed'}`);
  };
  const interrupted = await inSession(options, async (session) => {
    const { signal } = session;
    // Every checkpoint is looked at before hours are spent on the first.
    const checkpoints = await openCheckpoints(session, options.ckpt, config, failed);
    const specs = checkpoints.map(({ spec }) => spec);
    await withJobs(session, options, { specs }, async (workers) => {
      const perform = workers?.perform ?? (await import('../jobs/tasks.js')).performHere(session);
      const progress = createProgress();
      await inLanes(checkpoints, workers?.count ?? 1, async ({ path }) => {
        if (signal.aborted) return;
        const { onStart, onStep, stop } = progress.follow(path);
        const onMeasured = (one: Measured<Measurement>) => {
          measured.get(path)?.push(one);
          const { checkpoint, record, measurement } = one;
          const { run, epoch } = checkpoint;
          if (json) printJson({ event, checkpoint: path, run, epoch, record, ...measurement });
        };
        const attempt = () => {
          measured.set(path, []);
          const request = { path, settings, force, ...(config !== undefined && { config }) };
          return measure(perform, request, { onNotice: log, onStart, onStep, onMeasured });
        };
        await withRetry(signal, attempt, (why) => log(`${path}: ${why}; once more`))
          .catch((error) => failed(path, error))
          .finally(stop);
      }).finally(progress.stop);
    });
    return signal.aborted;
  });
  const all = [...measured.values()].flat();
  const paths = write && !interrupted && all.length > 0 ? await write(all) : [];
  if (json && paths.length > 0) printJson({ event: 'files', paths });
  if (!json && all.length > 0) {
    const files = [...paths, ...new Set(all.map(({ record }) => record))];
    const notes = all.some(({ checkpoint }) => checkpoint.synthetic) ? [GENERATED_NOTE] : [];
    print([summary(all), ...notes, `Written to ${files.join(', ')}`].join('\n'));
  }
  if (all.length > 0) for (const failure of failures) log(failure);
  return interrupted ? EXIT.interrupted : status;
}

const COLUMNS: readonly Column[] = [
  { title: 'checkpoint', isText: true },
  { title: 'measuring', isText: true, rank: 1 },
  { title: 'best' },
  { title: 'left', width: 11 },
];

/** What is seen of the measurements: a table where somebody watches, else a line now and then. */
function createProgress() {
  const table = showsProgress() ? createLiveTable(COLUMNS) : undefined;
  return { follow, stop: () => table?.stop() };

  function follow(path: string): Pick<MeasureEvents<never>, 'onStart' | 'onStep'> & { readonly stop: () => void } {
    const row = table?.addRow();
    let [name, startedAt, saidAt] = ['', 0, 0];
    return {
      onStart({ run, what }) {
        startedAt = performance.now();
        saidAt = startedAt;
        name = `${checkpointLabel({ run, path })}, ${what}`;
        if (row) row.show([name, 'compiling']);
        else log(`${name}: measuring`);
      },
      onStep({ doing, done, best }) {
        const left = (((performance.now() - startedAt) / 1000) * (1 - done)) / done;
        const value = best === null || !Number.isFinite(best) ? '' : best.toFixed(4);
        row?.show([name, doing, value, Number.isFinite(left) ? durationText(left) : '']);
        if (row || performance.now() - saidAt < 1000 * LINE_SECONDS) return;
        saidAt = performance.now();
        log(`${name}: ${doing}`);
      },
      stop: () => row?.remove(),
    };
  }
}
