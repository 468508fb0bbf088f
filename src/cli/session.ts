/** One session for all that a command computes, and how checkpoints are named in tables and legends. */
import { runText } from '../records/run-folder.js';
import type { CheckpointFile } from '../session/checkpoint-file.js';
import type { Session, SessionOptions } from '../session/session.js';
import { at, last } from '../support/at.js';
import { log } from './output.js';
import { onInterrupt } from './signals.js';

/** Opens a session, says what it computes on, and closes it whatever happens. Signals abort its signal. */
export async function inSession<T>(
  options: Omit<SessionOptions, 'signal' | 'onNotice'>,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  const { openSession } = await import('../session/session.js');
  const interrupt = onInterrupt();
  try {
    const session = await openSession({ ...options, signal: interrupt.signal, onNotice: log });
    if (session.engine.reason) log(session.engine.reason);
    return await use(session).finally(() => session.dispose());
  } finally {
    interrupt.dispose();
  }
}

/** Opens checkpoints one after another; the first that cannot be ends the command, unless `failed` takes the error. */
export async function openCheckpoints(
  session: Session,
  paths: readonly string[],
  config: string | undefined,
  failed?: (path: string, error: unknown) => void,
): Promise<CheckpointFile[]> {
  const { openCheckpoint } = await import('../session/checkpoint-file.js');
  const checkpoints: CheckpointFile[] = [];
  for (const path of paths) {
    try {
      checkpoints.push(await openCheckpoint(session, path, config));
    } catch (error) {
      if (failed === undefined) throw error;
      failed(path, error);
    }
  }
  return checkpoints;
}

export type NamedCheckpoint = Pick<CheckpointFile, 'run' | 'path'>;

/** Its run, and its file's name unless that is best.safetensors. */
export function checkpointLabel({ run, path }: NamedCheckpoint): string {
  if (run === null) return path;
  const name = last(path.split(/[/\\]/));
  return name === 'best.safetensors' ? runText(run) : `${runText(run)}, ${name}`;
}

/** Labels by path; two checkpoints that would have the same are called by their paths. */
export function checkpointLabels(checkpoints: readonly NamedCheckpoint[]): (path: string) => string {
  const labels = checkpoints.map(checkpointLabel);
  const isUnique = (label: string): boolean => labels.filter((other) => other === label).length === 1;
  const byPath = new Map(checkpoints.map(({ path }, i) => [path, isUnique(at(labels, i)) ? at(labels, i) : path]));
  return (path) => byPath.get(path)!;
}
