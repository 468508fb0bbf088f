import { describe, expect, test } from 'vitest';
import { buildModel, type ModelName, type ModelOptions } from '../../../nn/model.js';
import { testInputs } from '../../../nn/testing/fill.js';
import { engineRunner, goldenFunction } from '../../../nn/testing/golden.js';
import { createOnnxEngine } from '../../onnx/cpu/engine.js';
import { numbers } from '../case.js';
import { crossEntropy } from './float64.js';
import { c1, type Network, perceptron, resnet44 } from './networks.js';

const BATCH = 6;
/**
 * Length of a step. Short, as a step that carries a share s of all units over the kink of their ReLU costs a relative
 * error of about s; not shorter, as rounding in float64 costs about 1e-15/h beside slopes of 1e-4 and more.
 */
const H = 1e-6;

const square = (channels: number, side: number) => ({ channels, height: side, width: side });

const NETWORKS: readonly [name: ModelName, options: ModelOptions, network: Network][] = [
  ['f1', { classes: 10, inputShape: square(1, 12) }, perceptron(5)],
  ['c1', { classes: 10, inputShape: square(3, 11) }, c1],
  ['resnet44', { classes: 10, inputShape: square(3, 8) }, resnet44],
];

/** The model's gradient as the engine has it, and its loss as a function of the flat parameters in float64. */
async function prepare(name: ModelName, options: ModelOptions, network: Network) {
  const model = await buildModel(name, options);
  const { slots, inputs } = { slots: model.layout.parameters, inputs: testInputs(model, BATCH, 1) };
  const { dropout: _, ...given } = inputs;
  const outputs = await engineRunner(createOnnxEngine())(goldenFunction(model, 'batch'), given);
  const images = { count: BATCH, ...model.inputShape, values: Float64Array.from(inputs.images.values) };
  const parameters = Float64Array.from(inputs.parameters.values);
  const loss = (flat: Float64Array) => {
    const named = new Map(slots.map(({ name: slot, offset, size }) => [slot, flat.subarray(offset, offset + size)]));
    return crossEntropy(
      network(images, (slot) => named.get(slot)!),
      inputs.labels.values,
    );
  };
  /** The derivative of the loss along a direction. */
  const slope = (direction: (i: number) => number) => {
    const moved = (step: number) => loss(parameters.map((value, i) => value + step * direction(i)));
    return (moved(H) - moved(-H)) / (2 * H);
  };
  return { slots, gradient: outputs.gradient!, engineLoss: outputs.loss![0]!, loss: loss(parameters), slope };
}

function rootMeanSquare(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! ** 2;
  return Math.sqrt(sum / values.length);
}

/**
 * Of the tensor's typical entry. What float32 costs is about 1e-6 here along a direction, and up to 1e-5 for one parameter;
 * a wrong term anywhere in the backward pass shows as an error of the order of 1.
 */
const TOLERANCE = 1e-4;

describe('gradients agree with central differences of a float64 forward pass', () => {
  test.each(NETWORKS)('%s', async (name, options, network) => {
    const { slots, gradient, engineLoss, loss, slope } = await prepare(name, options, network);
    expect(Math.abs(engineLoss - loss) / loss).toBeLessThan(1e-5);

    // Along directions in which every parameter moves.
    for (const start of [0, 1e6]) {
      const scattered = numbers(gradient.length, -1, 1, start);
      const length = rootMeanSquare(scattered) * Math.sqrt(gradient.length);
      const direction = Float64Array.from(scattered).map((value) => value / length);
      const expected = slope((i) => direction[i]!);
      const actual = direction.reduce((sum, value, i) => sum + value * gradient[i]!, 0);
      const typical = rootMeanSquare(direction.map((value, i) => value * gradient[i]!)) * Math.sqrt(gradient.length);
      expect(Math.abs(actual - expected) / typical).toBeLessThan(TOLERANCE);
    }

    // And one parameter of every few tensors by itself.
    const every = Math.ceil(slots.length / 10);
    for (const [at, { name: slot, offset, size }] of slots.entries()) {
      if (at % every !== 0) continue;
      const place = offset + Math.floor(size * 0.618);
      const typical = rootMeanSquare(gradient.subarray(offset, offset + size));
      const expected = slope((i) => Number(i === place));
      const scale = Math.max(Math.abs(expected), typical, 1e-6);
      expect(
        Math.abs(gradient[place]! - expected) / scale,
        `${slot}: ${gradient[place]} beside ${expected}`,
      ).toBeLessThan(TOLERANCE);
    }
  });
});
