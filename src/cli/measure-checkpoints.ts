/** Measures checkpoints, as many at once as `--jobs` asks for: what fails is said and does not stop the others. */
import type { CheckpointRequest, Measured, MeasureEvents } from '../analysis/measure-checkpoint.js';
import type { Perform } from '../jobs/tasks.js';
import { withRetry } from '../jobs/workers.js';
import { EXIT, SmoothOutError } from '../support/errors.js';
import { inLanes } from '../support/lanes.js';
import { type JobsOptions, withJobs } from './jobs.js';
import type { AnalysisOptions } from './options.js';
import { GENERATED_NOTE, log, print, printJson, reportError } from './output.js';
import { createMeasuringProgress } from './progress.js';
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
      const progress = createMeasuringProgress();
      await inLanes(checkpoints, workers?.count ?? 1, async ({ path }) => {
        if (signal.aborted) return;
        const { start, step, stop } = progress.follow();
        const onMeasured = (one: Measured<Measurement>) => {
          measured.get(path)?.push(one);
          const { checkpoint, record, measurement } = one;
          const { run, epoch } = checkpoint;
          if (json) printJson({ event, checkpoint: path, run, epoch, record, ...measurement });
        };
        const onStart: MeasureEvents<Measurement>['onStart'] = ({ run, what }) =>
          start(`${checkpointLabel({ run, path })}, ${what}`);
        const attempt = () => {
          measured.set(path, []);
          const request = { path, settings, force, ...(config !== undefined && { config }) };
          return measure(perform, request, { onNotice: log, onStart, onStep: step, onMeasured });
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
