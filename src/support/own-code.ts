/**
 * Calls of functions in a user's file. Whatever such a function throws is told with the file and the function's name, as a
 * mistake in the config that names the file: smoothout's own faults are only those outside of these calls.
 */
import { messageOf, SmoothOutError } from './errors.js';

/** A function of a user's file. */
export interface OwnFunction {
  readonly file: string;
  /** As errors call it: `build()`. */
  readonly name: string;
}

/** What is to be told as it is: because it names the function already, or is no fault of the user's. */
const told = new WeakSet<object>();

/**
 * The result of a function of the user's. It may not draw random numbers: a step is traced once, so they would be the same
 * in every step and others in every process. Ops of tfjs without a seed draw theirs by `Math.random` too.
 *
 * @throws SmoothOutError CONFIG_INVALID for whatever it throws.
 */
export function callOwn<T>(own: OwnFunction, call: () => T): T {
  const { random } = Math;
  Math.random = () => {
    const hint =
      'Use the layer dropout in a network, and in a method u, which is drawn anew from the seed for each step.';
    throw wrongOwn(own, 'draws random numbers: the same seed would give other results each time', hint);
  };
  try {
    return call();
  } catch (error) {
    throw tellOf(own, error);
  } finally {
    Math.random = random;
  }
}

/** The same for a function that may be asynchronous. */
export async function awaitOwn<T>(own: OwnFunction, call: () => T): Promise<Awaited<T>> {
  try {
    return await call();
  } catch (error) {
    throw tellOf(own, error);
  }
}

/** What a user's function calls of ours: if that throws, it is not the user's fault. */
export function callBack<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (error instanceof Error) told.add(error);
    throw error;
  }
}

/** @param what `returned 3, expected a Layer` */
export function wrongOwn({ file, name }: OwnFunction, what: string, hint = 'examples/ has one of each.') {
  const error = new SmoothOutError('CONFIG_INVALID', `${file}: ${name} ${what}`, { hint });
  told.add(error);
  return error;
}

function tellOf({ file, name }: OwnFunction, thrown: unknown): unknown {
  if (thrown instanceof Error && told.has(thrown)) return thrown;
  const isOurs = thrown instanceof SmoothOutError;
  const line = isOurs ? '' : lineIn(file, thrown);
  const error = new SmoothOutError(
    isOurs ? thrown.code : 'CONFIG_INVALID',
    `${file}${line}: ${name}${isOurs ? '' : ' threw'}: ${messageOf(thrown)}`,
    { cause: thrown, hint: isOurs ? thrown.hint : undefined },
  );
  told.add(error);
  return error;
}

/** `:12`, where the stack of what was thrown passes through the file. */
function lineIn(file: string, thrown: unknown): string {
  const [, after = ''] = ((thrown instanceof Error && thrown.stack) || '').split(file);
  return /^:\d+/.exec(after)?.[0] ?? '';
}
