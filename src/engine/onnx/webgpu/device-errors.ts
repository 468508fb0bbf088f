/**
 * Errors of the GPU. ONNX Runtime throws where an array is used that could not be made. Of other errors (memory that runs
 * out while commands are written or sent) it tells on stderr alone, and goes on with whatever the arrays hold. So stderr is
 * read after each run where it is a file, which that of a worker is (jobs/worker-process.ts).
 */
import { reasonOf, SmoothOutError } from '../../../support/errors.js';
import { newTextOnStderr } from '../../../support/native-stderr.js';

/**
 * Uses the GPU and returns the result, unless the GPU reports an error.
 * @throws SmoothOutError GPU_FAILED, from the first error on: the arrays may hold anything then.
 */
export type Guard = <T>(use: () => Promise<T>) => Promise<T>;

export function guardDevice(newText = newTextOnStderr()): Guard {
  let failure: SmoothOutError | undefined;
  return async (use) => {
    if (failure) throw failure;
    const [outcome] = await Promise.allSettled([use()]);
    const cause: unknown = outcome.status === 'rejected' ? outcome.reason : undefined;
    const [, told] = /WebGPU device error ?\(\d+\): (.*)/.exec(newText()) ?? [];
    const thrown = outcome.status === 'rejected' ? reasonOf(cause) : '';
    const message = told ?? (thrown.includes('WebGPU') ? thrown : undefined);
    if (message !== undefined) {
      failure = new SmoothOutError('GPU_FAILED', `the GPU reported an error: ${message}`, {
        hint: 'Nothing computed since is kept. If its memory ran out: a ghostBatchSize or a smaller batchSize, or fewer --jobs.',
        cause,
      });
      throw failure;
    }
    if (outcome.status === 'rejected') throw cause;
    return outcome.value;
  };
}
