/**
 * A program for tests: on SwiftShader, computes with an array that is larger than the GPU's largest, twice, and prints what
 * comes of it. `too-large.ts basic` with ONNX Runtime's own checks, `too-large.ts wgpuOnly` without them.
 */
import * as tf from '@tensorflow/tfjs';
import { SmoothOutError } from '../../../../support/errors.js';
import { float } from '../../../engine.js';
import { useSwiftShader } from '../../../testing/swiftshader.js';

useSwiftShader();
const { createWebGpuEngine } = await import('../engine.js');
const validationMode = process.argv[2] as 'basic' | 'wgpuOnly';
const session = () => ({ executionProviders: [{ name: 'webgpu', validationMode }] });
const engine = await createWebGpuEngine({ session });
const program = await engine.compile(
  ({ x }) => ({ last: tf.slice(tf.add(tf.broadcastTo(x, [6e8]), x), [6e8 - 1], [1]) }),
  { x: float(1) },
);
for (let time = 0; time < 2; time++) {
  const outcome = await program.run({ x: Float32Array.of(1) }).then(
    ({ last }) => ({ last: last[0] }),
    (error: unknown) => (error instanceof SmoothOutError ? { code: error.code, message: error.message } : `${error}`),
  );
  console.log(JSON.stringify(outcome));
}
process.exit();
