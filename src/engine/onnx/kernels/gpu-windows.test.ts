import { backend_util } from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { createGraphBuilder, type GraphBuilder } from '../graph.js';
import { encodeModel } from '../protobuf.js';
import * as ort from '../runtime.js';
import { convolutionInfo } from './convolution.js';
import { filterGradient } from './gpu.js';
import { maxPoolGradient } from './gpu-max-pool.js';

type Shapes = Readonly<Record<string, readonly number[]>>;
type Write = (graph: GraphBuilder, largest: number) => string;

/** What a graph computes from small whole numbers, and how many nodes of an operator it has. */
async function resultOf(inputs: Shapes, shape: readonly number[], op: string, write: Write, largest: number) {
  const graph = createGraphBuilder();
  for (const [name, of] of Object.entries(inputs)) graph.input(name, 'float32', of);
  const built = graph.build([{ name: 'result', source: write(graph, largest), dtype: 'float32', shape }]);
  const session = await ort.InferenceSession.create(encodeModel(built));
  const feeds = Object.entries(inputs).map(([name, of]) => {
    const size = of.reduce((a, b) => a * b);
    const values = Float32Array.from({ length: size }, (_, i) => ((7 * i) % 11) - 5);
    return [name, new ort.Tensor('float32', values, of)] as const;
  });
  const { result } = await session.run(Object.fromEntries(feeds));
  await session.release();
  return { values: [...(result!.data as Float32Array)], nodes: built.nodes.filter((node) => node.op === op).length };
}

// float32 adds small whole numbers without rounding, in any order.

test("a filter's gradient in parts, where copies of the images would take too much, is the same", async () => {
  const info = convolutionInfo([2, 6, 7, 3], [3, 2, 3, 4], { strides: [2, 1], pad: 'same' });
  const inputs = { x: [2, 3, 6, 7], dy: [2, info.outHeight, info.outWidth, 4] };
  const write: Write = (graph, largest) => filterGradient(graph, 'x', 'dy', info, largest);
  const copy = 2 * info.outHeight * info.outWidth * 3;
  const [whole, parts, one] = await Promise.all(
    [1e6, 4 * copy, 1].map((largest) => resultOf(inputs, [4, 3, 3, 2], 'MatMul', write, largest)),
  );
  expect([whole, parts, one].map((result) => result!.nodes)).toEqual([1, 2, 6]);
  expect(parts!.values).toEqual(whole!.values);
  expect(one!.values).toEqual(whole!.values);
});

test.each([
  [3, 2, 'same'],
  [3, 1, 'valid'],
  [2, 3, 'valid'],
] as const)('the gradient of max pooling (%i, stride %i, %s) in parts is the same', async (window, stride, pad) => {
  const info = backend_util.computePool2DInfo([2, 6, 7, 3], window, stride, 1, pad);
  const image = [2, 3, 6, 7];
  const inputs = { image, dy: [2, 3, info.outHeight, info.outWidth] };
  const write: Write = (graph, largest) => {
    const { strideHeight, strideWidth, padInfo } = info;
    const pooled = graph.node('MaxPool', ['image'], {
      kernel_shape: [window, window],
      strides: [strideHeight, strideWidth],
      pads: [padInfo.top, padInfo.left, padInfo.bottom, padInfo.right],
    });
    return maxPoolGradient(graph, 'image', pooled, 'dy', info, largest);
  };
  const run = (op: string, largest: number) => resultOf(inputs, image, op, write, largest);
  const whole = await run('ReduceMin', 1e6);
  const parts = await run('ReduceMin', 4 * 2 * 3 * info.outHeight * info.outWidth);
  expect([whole.nodes, parts.nodes]).toEqual([1, window === 3 ? 3 : 1]);
  expect(parts.values).toEqual(whole.values);
  expect((await run('ReduceMin', 1)).values).toEqual(whole.values);
  // Every window passes its dy on to one pixel.
  const total = Array.from({ length: 2 * 3 * info.outHeight * info.outWidth }, (_, i) => ((7 * i) % 11) - 5);
  expect(whole.values.reduce((a, b) => a + b)).toBe(total.reduce((a, b) => a + b));
});
