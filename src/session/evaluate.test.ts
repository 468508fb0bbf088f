import { describe, expect, test } from 'vitest';
import type { ImageSource } from '../data/source.js';
import { tinySource } from '../data/testing/tiny-source.js';
import { createEagerEngine } from '../engine/eager.js';
import { createOnnxEngine } from '../engine/onnx/cpu/engine.js';
import { buildModel } from '../nn/model.js';
import { initialise } from '../nn/weights.js';
import { createEvaluator } from './evaluate.js';

const source = tinySource('test', 2300);
const model = await buildModel('mlp', { classes: 3, hidden: [8], inputShape: source.shape });
const weights = initialise(model.layout, { seed: 1, batchNormScale: 'uniform' });
/** Statistics that differ from the initial ones, so that using those of the batch would show. */
const statistics = weights.statistics.map((value, i) => value + 0.1 * (i % 5));

/** The network in plain double-precision loops, with running statistics. */
async function byHand({ count, labels, read }: ImageSource) {
  const images = new Float32Array(count * 16);
  await read(
    Uint32Array.from({ length: count }, (_, i) => i),
    images,
  );
  const tensor = (name: string) => {
    const { offset } = [...model.layout.parameters, ...model.layout.statistics].find((slot) => slot.name === name)!;
    const flat = name.includes('running') ? statistics : weights.parameters;
    return (i: number) => flat[offset + i]!;
  };
  const [w0, b0, gamma, beta] = ['layers.0.weight', 'layers.0.bias', 'layers.1.weight', 'layers.1.bias'].map(tensor);
  const [mean, variance] = ['layers.1.running_mean', 'layers.1.running_var'].map(tensor);
  const [w3, b3] = ['layers.3.weight', 'layers.3.bias'].map(tensor);
  let [loss, correct] = [0, 0];
  for (let n = 0; n < count; n++) {
    const hidden = Array.from({ length: 8 }, (_, h) => {
      let sum = b0!(h);
      for (let k = 0; k < 16; k++) sum += w0!(16 * h + k) * images[16 * n + k]!;
      return Math.max(0, ((sum - mean!(h)) / Math.sqrt(variance!(h) + 1e-5)) * gamma!(h) + beta!(h));
    });
    const logits = [0, 1, 2].map((c) => hidden.reduce((sum, value, h) => sum + value * w3!(8 * c + h), b3!(c)));
    loss += Math.log(logits.reduce((sum, value) => sum + Math.exp(value), 0)) - logits[labels[n]!]!;
    if (logits.indexOf(Math.max(...logits)) === labels[n]) correct++;
  }
  return { loss: loss / count, accuracy: (100 * correct) / count };
}

describe('loss and accuracy over a split are those of the network with running statistics', () => {
  // Two full batches and a short one.
  test.each([
    ['onnx', () => createOnnxEngine()],
    ['tfjs', () => createEagerEngine()],
  ])('on %s', async (_, create) => {
    const engine = create();
    const evaluator = createEvaluator(engine, model);
    const parameters = await engine.upload(weights.parameters, [model.layout.size]);
    const running = await engine.upload(statistics, [model.layout.statisticsSize]);
    const { loss, accuracy } = await evaluator.evaluate(parameters, running, source);
    const expected = await byHand(source);
    expect(loss).toBeCloseTo(expected.loss, 5);
    expect(accuracy).toBe(expected.accuracy);
    expect(await evaluator.evaluate(parameters, running, source)).toEqual({ loss, accuracy });
    await evaluator.dispose();
  });
});
