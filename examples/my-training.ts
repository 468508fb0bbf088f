/** SmoothOut in a TensorFlow.js training of one's own (`npx tsx my-training.ts`): y = 2a − 3b + 1 is learnt from points. */
import * as tf from '@tensorflow/tfjs';
import { adam, type Optimizer, smoothOutStep, uniformPerturbation } from 'smoothout';

const [STEPS, BATCH, LEARNING_RATE, STRENGTH] = [300, 64, 0.05, 0.02];
const optimizer: Optimizer = adam();

/** The mean squared error of w, [3], over points, [BATCH, 3]. */
const loss = (w: tf.Tensor, points: tf.Tensor): tf.Scalar =>
  tf.losses.meanSquaredError(tf.dot(points, [2, -3, 1]), tf.dot(points, w));

/** The parameters after a step, and the optimizer's state. Steps count from 1. */
function trainStep(w: tf.Tensor1D, state: Readonly<Record<string, tf.Tensor>>, step: number) {
  const points = tf.concat([tf.randomNormal([BATCH, 2], 0, 1, 'float32', step), tf.ones([BATCH, 1])], 1);
  const backPropagate = (at: tf.Tensor1D) => ({ gradient: tf.grad((v) => loss(v, points))(at) as tf.Tensor1D });
  // New numbers in each step, uniform on (−1, 1), one for each parameter.
  const u = tf.randomUniform<tf.Rank.R1>(w.shape, -1, 1, 'float32', STEPS + step);
  const theta = uniformPerturbation(w, u, tf.scalar(STRENGTH));
  // The optimizer computes its scalars as numbers, and its update takes tensors.
  const scalars = Object.entries(optimizer.scalars(step, LEARNING_RATE));
  const tensors = Object.fromEntries(scalars.map(([name, value]) => [name, tf.scalar(value)]));
  return smoothOutStep(w, { theta, backPropagate }, (at, gradient) => optimizer.update(at, gradient, state, tensors));
}

// All parameters are one flat vector, and so is each part of the state, which starts at 0.
let w: tf.Tensor1D = tf.zeros([3]);
let state = Object.fromEntries(optimizer.state.map((name) => [name, tf.zerosLike<tf.Tensor>(w)]));
for (let step = 1; step <= STEPS; step++) {
  const { gradient, ...next } = tf.tidy(() => ({ ...trainStep(w, state, step) }));
  tf.dispose([w, state, gradient]);
  ({ parameters: w, state } = next);
}
console.log(`w = ${Array.from(await w.data(), (value) => value.toFixed(1)).join(', ')}`);
