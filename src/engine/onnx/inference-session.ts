/**
 * ONNX Runtime's sessions as all of this project opens them: with denormal numbers (below 2⁻¹²⁶ in float32) as zero.
 *
 * An Intel processor takes a hundred times as long where one is involved, and the gradients of images that a network is
 * sure of are full of them: F1 fell from 9,800 to 900 images/s after twenty epochs. The runtime heeds what the first
 * session of a process asks for, so each asks. It holds for the thread that opens that session too, in which the numbers
 * of JavaScript below 2⁻¹⁰²² are then zero as well.
 */
import { InferenceSession } from './runtime.js';

/** What ONNX Runtime throws passes through. */
export const createInferenceSession = (
  model: Uint8Array,
  { extra, ...options }: InferenceSession.SessionOptions,
): Promise<InferenceSession> => {
  const session = { set_denormal_as_zero: '1', ...(extra?.session as object | undefined) };
  return InferenceSession.create(model, { ...options, extra: { ...extra, session } });
};
