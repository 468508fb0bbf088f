/** Whether WebGPU opens a GPU here and computes: exit status 0, or what it says instead. */
import * as tf from '@tensorflow/tfjs';
import { float } from '../../src/engine/engine.js';
import { createWebGpuEngine } from '../../src/engine/onnx/webgpu/engine.js';

const engine = await createWebGpuEngine();
const program = await engine.compile(({ x }) => ({ y: tf.square(x) }), { x: float(1) });
const { y } = await program.run({ x: Float32Array.of(3) });
if (y[0] !== 9) throw new Error(`3² came out as ${y[0]}`);
// A driver may hang when it is closed.
process.exit(0);
