import { SmoothOutError } from '../support/errors.js';
import { asWriteError } from '../support/files.js';

/** `asWriteError` for the data folder: the hint names the options that choose it. */
export function dataWriteError(error: unknown, path: string): unknown {
  const failure = asWriteError(error, path);
  if (!(failure instanceof SmoothOutError)) return failure;
  if (failure.code !== 'NO_SPACE' && failure.code !== 'OUTPUT_UNWRITABLE') return failure;
  return new SmoothOutError(failure.code, failure.message, {
    hint: 'Free some space, or choose another folder for the data with --data or SMOOTHOUT_DATA.',
    cause: error,
  });
}
