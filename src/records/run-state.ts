/** What a run's folder says of the run, read without touching it: its state, who works on it, and how far it is. */
import { stat } from 'node:fs/promises';
import { exists } from '../support/files.js';
import { type Holder, isDead, readHolder } from '../support/lock-holder.js';
import { readSafetensorsHeader } from '../support/safetensors.js';
import { type EpochProgress, parsePlace } from './checkpoint-place.js';
import type { FoundRun } from './find-runs.js';
import { type RunPaths, runPathsIn } from './run-folder.js';
import { type RunRecord, readRunRecord } from './run-record.js';

/** What a run can be found in, the states that need somebody most urgently first. */
export const RUN_STATES = ['stalled', 'failed', 'diverged', 'running', 'interrupted', 'waiting', 'done'] as const;

/**
 * - `waiting`: the run has its folder and has not begun
 * - `running`: a living process has locked the folder
 * - `stalled`: the process that has locked it gives no sign of life, or is on another machine and may be dead
 * - `interrupted`: the run was saved and stopped, or its process died; the same command goes on with it
 */
type RunState = (typeof RUN_STATES)[number];

/** As `smoothout status --json` prints it. */
export interface RunStatus {
  readonly experiment: string;
  readonly method: string;
  readonly seed: number;
  readonly folder: string;
  readonly state: RunState;
  /** Why, where the state does not say: the error, or what became of the process. */
  readonly reason: string | null;
  /** Of a run that runs or stalled: who has its folder, and for how many seconds no file there has changed. */
  readonly process: { readonly pid: number; readonly host: string; readonly silentSeconds: number } | null;
  /** Null until the run has begun. */
  readonly epochs: number | null;
  readonly epochsDone: number;
  /** From 0 to 1, with the part of an epoch that is saved. */
  readonly progress: number;
  /** Percent. */
  readonly bestAccuracy: number | null;
  /** What is left of the training at its speed so far; null where there is nothing to tell it from, and at the end. */
  readonly secondsLeft: number | null;
}

/**
 * How long a process may be silent before its run counts as stalled. A living one touches its lock every 15 s between
 * two calls of its engine, the longest of which take minutes; clocks of two machines differ by seconds.
 */
export const SILENT_SECONDS = 300;

/** The state of the run in a folder, or null where there is none. What is damaged there is a reason, not an error. */
export async function readRunState({ folder, name }: FoundRun): Promise<RunStatus | null> {
  const paths = runPathsIn(folder);
  let record = await readRecord(paths);
  const holder = await readHolder(paths.lock).catch(asReason);
  // A run that ended between the two looks has said so by now.
  if (holder === null && !isCompleted(record)) record = await readRecord(paths);
  if (record === null && holder === null && !(await exists(paths.config))) return null;
  const silentSeconds = isHolder(holder) ? secondsSince(await lastChange(paths)) : 0;
  const { state, reason } = judge(record, holder, silentSeconds);
  const isAtWork = (state === 'running' || state === 'stalled') && isHolder(holder);
  const known = typeof record === 'string' ? null : record;
  const [experiment = '', method = '', seed = ''] = name.split('/');
  return {
    experiment,
    method,
    seed: known?.seed ?? Number(/\d+$/.exec(seed)?.[0]),
    folder,
    state,
    reason,
    process: isAtWork ? { pid: holder.pid, host: holder.host, silentSeconds } : null,
    epochs: known?.epochs ?? null,
    epochsDone: known?.epochsDone ?? 0,
    bestAccuracy: known?.bestAccuracy ?? null,
    ...(known === null ? { progress: 0, secondsLeft: null } : await progressOf(known, state, paths)),
  };
}

/** A value that could not be read is the reason why. */
type Reason = string;

const asReason = (error: unknown): Reason => (error as Error).message;

const isHolder = (holder: Holder | Reason | null): holder is Holder => typeof holder === 'object' && holder !== null;

const isCompleted = (record: RunRecord | Reason | null): boolean =>
  typeof record === 'object' && record?.status === 'completed';

async function readRecord({ record }: RunPaths): Promise<RunRecord | Reason | null> {
  return (await exists(record)) ? readRunRecord(record).catch(asReason) : null;
}

function judge(
  record: RunRecord | Reason | null,
  holder: Holder | Reason | null,
  silentSeconds: number,
): Pick<RunStatus, 'state' | 'reason'> {
  if (isCompleted(record)) return { state: 'done', reason: null };
  const known = typeof record === 'string' ? undefined : record;
  if (known?.status === 'diverged') return { state: 'diverged', reason: known.error?.message ?? null };
  if (typeof holder === 'string') return { state: 'stalled', reason: holder };
  if (holder !== null && !isDead(holder)) {
    if (silentSeconds < SILENT_SECONDS) return { state: 'running', reason: null };
    const minutes = Math.floor(silentSeconds / 60);
    return { state: 'stalled', reason: `process ${holder.pid} on ${holder.host} silent for ${minutes} min` };
  }
  if (typeof record === 'string') return { state: 'failed', reason: record };
  if (known?.status === 'failed') return { state: 'failed', reason: known.error?.message ?? null };
  if (known?.status === 'interrupted') return { state: 'interrupted', reason: null };
  if (holder !== null) return { state: 'interrupted', reason: `process ${holder.pid} died` };
  return known ? { state: 'interrupted', reason: 'its process is gone' } : { state: 'waiting', reason: null };
}

async function progressOf(
  { epochs, epochsDone, seconds, data }: RunRecord,
  state: RunState,
  { record, last }: RunPaths,
): Promise<Pick<RunStatus, 'progress' | 'secondsLeft'>> {
  if (state === 'done') return { progress: 1, secondsLeft: null };
  const place = await placeIn(last);
  const share = place?.epoch === epochsDone ? place.images / data.trainImages : 0;
  const secondsAnEpoch = epochsDone > 0 ? seconds / epochsDone : place && share > 0 ? place.seconds / share : null;
  const progress = epochs === 0 ? 1 : (epochsDone + share) / epochs;
  if (secondsAnEpoch === null || state === 'failed' || state === 'diverged') return { progress, secondsLeft: null };
  const left = (epochs - epochsDone - share) * secondsAnEpoch;
  const since = state === 'running' ? secondsSince(Math.max(await changedAt(record), await changedAt(last))) : 0;
  return { progress, secondsLeft: Math.max(0, left - since) };
}

/** How far the epoch under way had come when last.safetensors was saved. */
async function placeIn(last: string): Promise<EpochProgress | null> {
  const header = await readSafetensorsHeader(last).catch(() => null);
  return header && (parsePlace(header.metadata)?.progress ?? null);
}

/** Milliseconds since 1970; never for a file that is not there. */
async function changedAt(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => Number.NEGATIVE_INFINITY,
  );
}

/** Of the files that a run changes while it is trained. */
async function lastChange({ lock, metrics, last, record }: RunPaths): Promise<number> {
  return Math.max(...(await Promise.all([lock, metrics, last, record].map(changedAt))));
}

const secondsSince = (milliseconds: number): number => Math.max(0, (Date.now() - milliseconds) / 1000);
