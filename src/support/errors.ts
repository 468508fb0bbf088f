/** The errors that users can cause: their codes, exit statuses and hints. */
import { distance } from 'fastest-levenshtein';
import { at } from './at.js';

/** Exit statuses of the command line (README, "Exit status"). */
export const EXIT = {
  ok: 0,
  runFailed: 1,
  usage: 2,
  data: 4,
  checkpoint: 5,
  locked: 6,
  noSpace: 7,
  outputLost: 74,
  interrupted: 75,
  interruptedTwice: 130,
} as const;

const STATUS_OF_CODE = {
  RUN_FAILED: EXIT.runFailed,
  DIVERGED: EXIT.runFailed,
  UNSUPPORTED_OP: EXIT.runFailed,
  GPU_FAILED: EXIT.runFailed,
  ENGINE_UNAVAILABLE: EXIT.usage,
  USAGE: EXIT.usage,
  CONFIG_INVALID: EXIT.usage,
  OUTPUT_UNWRITABLE: EXIT.usage,
  FILE_UNREADABLE: EXIT.usage,
  DATA_MISSING: EXIT.data,
  DATA_CORRUPT: EXIT.data,
  CHECKPOINT_INVALID: EXIT.checkpoint,
  RUN_LOCKED: EXIT.locked,
  NO_SPACE: EXIT.noSpace,
  INTERRUPTED: EXIT.interrupted,
} as const;

export type ErrorCode = keyof typeof STATUS_OF_CODE;

export interface ErrorDetails {
  /** What to try next, one sentence. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** An error a user can cause or mend: `message` says what is wrong, where, and what was expected; `hint` what to try. */
export class SmoothOutError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'SmoothOutError';
    this.code = code;
    this.hint = details.hint;
  }

  get exitStatus(): number {
    return STATUS_OF_CODE[this.code];
  }
}

/** Why work stopped that was asked to. */
export const interrupted = () =>
  new SmoothOutError('INTERRUPTED', 'interrupted; everything so far is saved', {
    hint: 'The same command goes on from here.',
  });

/** What any thrown value says. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The first line of what a thrown value says: libraries go on with pages of advice. */
export const reasonOf = (error: unknown): string => at(messageOf(error).trim().split('\n'), 0);

/** The candidate that `word` is most likely a misspelling of, if any is near enough. Case does not count. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  // A third of the letters may be wrong: "epoch" finds "epochs", "lr" finds nothing.
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const edits = distance(word.toLowerCase(), candidate.toLowerCase());
    if (edits < least) {
      least = edits;
      best = candidate;
    }
  }
  return best;
}

/** `; did you mean "…"?`, or nothing. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const suggestion = nearest(word, candidates);
  return suggestion === undefined ? '' : `; did you mean "${suggestion}"?`;
}
