/** ONNX Runtime as all of this project has it: with its telemetry off, and with denormal numbers as zero. */
// Imports are evaluated in their order.
import './library.js';
import { InferenceSession, Tensor } from 'onnxruntime-node';

export { InferenceSession, Tensor };

/**
 * A session with denormal numbers (below 2⁻¹²⁶ in float32) as zero. What ONNX Runtime throws passes through.
 *
 * An Intel processor takes a hundred times as long where one is involved, and the gradients of images that a network is
 * sure of are full of them: F1 fell from 9,800 to 900 images/s after twenty epochs. The runtime heeds what the first
 * session of a process asks for, so each asks. It holds for the thread that opens that session too, in which the numbers
 * of JavaScript below 2⁻¹⁰²² are then zero as well.
 */
export const createInferenceSession = (
  model: Uint8Array,
  { extra, ...options }: InferenceSession.SessionOptions,
): Promise<InferenceSession> => {
  const session = { set_denormal_as_zero: '1', ...(extra?.session as object | undefined) };
  return InferenceSession.create(model, { ...options, extra: { ...extra, session } });
};
