import { expect, test } from 'vitest';
import { createGraphBuilder } from '../graph.js';
import { encodeModel } from '../protobuf.js';
import * as ort from '../runtime.js';
import { convolutionInfo } from './convolution.js';
import { filterGradient } from './gpu-filter-gradient.js';

const X = [2, 6, 7, 3];
const FILTER = [3, 2, 3, 4];
const info = convolutionInfo(X, FILTER, { strides: [2, 1], pad: 'same' });
const DY = [2, 4, info.outHeight, info.outWidth];

async function gradient(copiedNumbers: number) {
  const graph = createGraphBuilder();
  const [x, dy] = [graph.input('x', 'float32', X), graph.input('dy', 'float32', DY)];
  const source = filterGradient(graph, x, dy, info, copiedNumbers);
  const built = graph.build([{ name: 'gradient', source, dtype: 'float32', shape: [4, 3, 3, 2] }]);
  const session = await ort.InferenceSession.create(encodeModel(built));
  const tensor = (shape: number[]) => {
    const size = shape.reduce((a, b) => a * b);
    return new ort.Tensor(
      'float32',
      Float32Array.from({ length: size }, (_, i) => ((7 * i) % 11) - 5),
      shape,
    );
  };
  const { gradient: result } = await session.run({ x: tensor(X), dy: tensor(DY) });
  await session.release();
  return {
    values: [...(result!.data as Float32Array)],
    products: built.nodes.filter(({ op }) => op === 'MatMul').length,
  };
}

test('a window in parts, where copies of the images would take too much, gives the same', async () => {
  const copy = 2 * info.outHeight * info.outWidth * 3;
  const [whole, parts, one] = [await gradient(1e6), await gradient(4 * copy), await gradient(1)];
  expect([whole, parts, one].map(({ products }) => products)).toEqual([1, 2, 6]);
  // Small whole numbers: float32 adds them without rounding, in any order.
  expect(parts.values).toEqual(whole.values);
  expect(one.values).toEqual(whole.values);
});
