/** Measures checkpoints one after another: what fails is said and does not stop the others, and what was measured is shown. */
import type { CheckpointFile } from '../session/checkpoint-file.js';
import type { Session } from '../session/session.js';
import { EXIT, SmoothOutError } from '../support/errors.js';
import type { AnalysisOptions } from './options.js';
import { log, print, reportError } from './output.js';
import { inSession } from './session.js';

export interface CheckpointsToMeasure<Measured> {
  readonly measure: (
    session: Session,
    checkpoint: CheckpointFile,
    onMeasured: (measured: Measured) => void,
  ) => Promise<void>;
  /** The table at the end, and what its words mean. */
  readonly summary: (measured: readonly Measured[]) => string;
}

/** Returns the exit status. An interruption ends it; any other error of one checkpoint does not stop the others. */
export async function measureCheckpoints<Measured>(
  options: AnalysisOptions & { readonly ckpt: readonly string[] },
  { measure, summary }: CheckpointsToMeasure<Measured>,
): Promise<number> {
  const measured: Measured[] = [];
  const failures: string[] = [];
  let status: number = EXIT.ok;
  const failed = (path: string, error: unknown): void => {
    const own = reportError(error);
    status ||= own;
    failures.push(`${path}: ${error instanceof SmoothOutError ? error.code.toLowerCase() : 'failed'}`);
  };
  const interrupted = await inSession(options, async (session) => {
    for (const checkpoint of await openAll(session, options, failed)) {
      try {
        await measure(session, checkpoint, (one) => measured.push(one));
      } catch (error) {
        failed(checkpoint.path, error);
        if (session.signal.aborted) break;
      }
    }
    return session.signal.aborted;
  });
  if (!options.json && measured.length > 0) print(summary(measured));
  if (measured.length > 0) for (const failure of failures) log(failure);
  return interrupted ? EXIT.interrupted : status;
}

/** Every checkpoint is looked at before hours are spent on the first. */
async function openAll(
  session: Session,
  { ckpt, config }: AnalysisOptions & { readonly ckpt: readonly string[] },
  failed: (path: string, error: unknown) => void,
): Promise<CheckpointFile[]> {
  const { openCheckpoint } = await import('../session/checkpoint-file.js');
  const checkpoints: CheckpointFile[] = [];
  for (const path of ckpt) {
    try {
      checkpoints.push(await openCheckpoint(session, path, config));
    } catch (error) {
      failed(path, error);
    }
  }
  return checkpoints;
}
