/**
 * A run of a session whose outputs are written where they are wanted, and not copied from there: onnxruntime-node 1.30
 * copies every tensor that it returns, at each step all parameters and the optimizer's state once more, although they
 * were written into the caller's arrays before. It converts outputs in order and can make nothing of a sequence, so the
 * first output of each model is one (protobuf.ts), and the binding ends there with everything computed.
 */
import type { InferenceSession, Tensor } from '../runtime.js';

/** The name of the output that is a sequence. */
export const UNRETURNED = 'unreturned';

type NamedOrtTensors = Readonly<Record<string, Tensor>>;

/** Writes every output into the array behind the tensor of its name in `fetches`. */
export async function runInPlace(
  session: InferenceSession,
  feeds: NamedOrtTensors,
  fetches: NamedOrtTensors,
): Promise<void> {
  try {
    await session.run(feeds, { [UNRETURNED]: null, ...fetches });
  } catch (error) {
    if (!(error instanceof Error && error.message.includes('Non tensor type'))) throw error;
  }
}
