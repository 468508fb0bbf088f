/** What a command and its workers say to each other. Messages are cloned as v8 does (`serialization: 'advanced'`). */
import type { EngineChoice } from '../engine/create.js';
import { type ErrorCode, SmoothOutError } from '../support/errors.js';
import type { Events, Given, Result, TaskName } from './tasks.js';

/** What a worker opens its session with. */
export interface WorkerSettings extends EngineChoice {
  readonly data?: string;
}

/** To a worker: a task, or to save and stop. */
export type Request = { [K in TaskName]: TaskRequest<K> }[TaskName] | 'stop';

export interface TaskRequest<K extends TaskName> {
  readonly settings: WorkerSettings;
  readonly kind: K;
  readonly given: Given<K>;
  /** Which events are listened to. */
  readonly events: readonly (keyof Events<K>)[];
}

/** From a worker: any number of events, then a result or an error. */
export type Reply<K extends TaskName> =
  | { readonly event: keyof Events<K>; readonly args: readonly unknown[] }
  | { readonly result: Result<K> }
  | { readonly error: ErrorText };

/** An error as text. */
type ErrorText =
  | { readonly code: ErrorCode; readonly message: string; readonly hint: string | undefined }
  | { readonly code: null; readonly stack: string };

export function textOf(error: unknown): ErrorText {
  if (error instanceof SmoothOutError) return { code: error.code, message: error.message, hint: error.hint };
  return { code: null, stack: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

export function errorOf(text: ErrorText): Error {
  if (text.code !== null) return new SmoothOutError(text.code, text.message, { hint: text.hint });
  const [message] = text.stack.split('\n');
  return Object.assign(new Error(message?.replace(/^Error: /, '')), { stack: text.stack });
}
