import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { momentum } from '../optim/momentum.js';
import { uniform } from '../support/random.js';
import { smoothOutStep } from './algorithm.js';

beforeAll(() => tf.setBackend('cpu'));

/** A step of plain SGD on Q at w + θ. */
function step(w: tf.Tensor1D, theta: tf.Tensor1D, loss: (w: tf.Tensor1D) => tf.Scalar, learningRate = 1) {
  const optimizer = momentum(0);
  const state = { velocity: tf.zerosLike(w) };
  return smoothOutStep(
    w,
    {
      theta,
      backPropagate: (parameters) => {
        const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => loss(x as tf.Tensor1D))(parameters);
        return { loss: value, gradient: grad as tf.Tensor1D };
      },
    },
    (parameters, gradient) => optimizer.update(parameters, gradient, state, { rate: tf.scalar(learningRate) }),
  );
}

const numbers = (tensor: tf.Tensor): number[] => Array.from(tensor.dataSync());

describe('one step', () => {
  const W = [1, -2, 0.1];
  const THETA = [0.3, 0.2, -0.7];
  const square = (w: tf.Tensor1D) => tf.sum(tf.square(w)) as tf.Scalar;

  test('takes the gradient at w + θ and moves w by it (Eq. 11)', () => {
    const { parameters, gradient, loss } = step(tf.tensor1d(W), tf.tensor1d(THETA), square, 0.25);
    const at = W.map((w, i) => w + THETA[i]!);
    expect(numbers(gradient)).toEqual(at.map((value) => expect.closeTo(2 * value, 6)));
    expect(numbers(loss)).toEqual([
      expect.closeTo(
        at.reduce((sum, value) => sum + value ** 2, 0),
        5,
      ),
    ]);
    expect(numbers(parameters)).toEqual(W.map((w, i) => expect.closeTo(w - 0.25 * 2 * at[i]!, 6)));
  });

  test('never changes w: where the gradient is 0 the parameters stay the same bits, whatever θ', () => {
    // 0.1 + 0.7 − 0.7 is not 0.1 in float32: adding and subtracting in place, as the reference does, would drift.
    const [w, theta] = [tf.tensor1d(W), tf.tensor1d(THETA)];
    const denoised = numbers(tf.sub(tf.add(w, theta), theta));
    expect(denoised).not.toEqual(numbers(w));
    const { parameters } = step(w, theta, (x) => tf.mul(tf.sum(x), 0) as tf.Scalar);
    expect(numbers(parameters)).toEqual(numbers(w));
    expect(numbers(w)).toEqual(numbers(tf.tensor1d(W)));
  });
});

/**
 * Q(x, w) = Σ hᵢ ((wᵢ − x)²/2 + (wᵢ − x)⁴/4), with everything known in closed form: θ ~ U(−a, a) has E θ² = a²/3 and
 * E θ⁴ = a⁴/5, and x is 0 or 1 with equal probability.
 */
describe('on average over θ and x, a step follows the gradient of the smoothed loss C̄ (Eqs. 6 to 8)', () => {
  const A = 0.6;
  const H = [1, 3, 0.5];
  const W = [0.2, -0.4, 1.1];
  const DRAWS = 4000;

  const loss = (x: number) => (w: tf.Tensor1D) => {
    const d = tf.sub(w, x);
    return tf.sum(tf.mul(H, tf.add(tf.div(tf.square(d), 2), tf.div(tf.pow(d, 4), 4)))) as tf.Scalar;
  };
  const overX = (f: (d: number) => number, w: number) => (f(w) + f(w - 1)) / 2;
  const smoothedLoss = W.reduce((sum, w, i) => {
    const [second, fourth] = [A ** 2 / 3, A ** 4 / 5];
    return sum + H[i]! * overX((d) => (d ** 2 + second) / 2 + (d ** 4 + 6 * d ** 2 * second + fourth) / 4, w);
  }, 0);
  const smoothedGradient = W.map((w, i) => H[i]! * overX((d) => d + d ** 3 + d * A ** 2, w));
  const sharpGradient = W.map((w, i) => H[i]! * overX((d) => d + d ** 3, w));

  /** Mean and standard error of each column. */
  function moments(rows: readonly number[][]) {
    return rows[0]!.map((_, i) => {
      const column = rows.map((row) => row[i]!);
      const mean = column.reduce((sum, value) => sum + value, 0) / rows.length;
      const variance = column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (rows.length - 1);
      return { mean, error: Math.sqrt(variance / rows.length) };
    });
  }

  const draws = () =>
    Array.from({ length: DRAWS }, (_, t) =>
      tf.tidy(() => {
        const theta = tf.tensor1d(uniform({ seed: 7, purpose: 'noise', step: t }, W.length, -A, A));
        const result = step(tf.tensor1d(W), theta, loss(t % 2));
        return [...numbers(result.gradient), numbers(result.loss)[0]!];
      }),
    );

  test('within the Monte Carlo error, and apart from the gradient of C itself', () => {
    const columns = moments(draws());
    const expected = [...smoothedGradient, smoothedLoss];
    for (const [i, { mean, error }] of columns.entries()) expect(Math.abs(mean - expected[i]!)).toBeLessThan(4 * error);
    const distances = sharpGradient.map((value, i) => Math.abs(columns[i]!.mean - value) / columns[i]!.error);
    expect(Math.max(...distances)).toBeGreaterThan(6);
  });
});
