import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { split } from './flat.js';
import { buildModel } from './model.js';
import { NETWORKS } from './networks.js';
import { initialise } from './weights.js';

type Kernel = Awaited<ReturnType<typeof tf.profile>>['kernels'][number];

const product = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** Of a convolution or a matrix product on one image: each output is a sum over one filter, or over the whole input. */
function multiplyAdds({ name, inputShapes, outputShapes }: Kernel): number[] {
  const output = product(outputShapes[0]!);
  if (name === 'Conv2D') return [output * product(inputShapes[1]!.slice(0, 3))];
  if (name === 'BatchMatMul') return [output * product(inputShapes[0]!)];
  return [];
}

// AlexNet is left out: its forward pass takes half a minute on tfjs's own backend.
test.each(['f1', 'c1', 'c3', 'resnet44', 'mlp'] as const)('%s computes what its row says', async (name) => {
  await tf.setBackend('cpu');
  const { layout, inputShape, forward } = await buildModel(name, { classes: name === 'c3' ? 100 : 10 });
  const { parameters, statistics } = initialise(layout, { seed: 1, batchNormScale: 'one' });
  const { kernels } = await tf.profile(() => {
    const inputs = {
      parameters: split(tf.tensor1d(parameters), layout.parameters),
      statistics: split(tf.tensor1d(statistics), layout.statistics),
      images: tf.zeros([1, inputShape.channels, inputShape.height, inputShape.width]),
    };
    return forward(inputs, 'running').logits;
  });
  const counts = kernels.flatMap(multiplyAdds);
  expect({ all: counts.reduce((a, b) => a + b), first: counts[0] }).toEqual(NETWORKS[name].multiplyAdds);
});
