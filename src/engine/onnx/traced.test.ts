import { describe, expect, test } from 'vitest';
import { permutations } from '../testing/cases/shape.js';
import { createGraphBuilder } from './graph.js';
import { aligned, inOrder, inPlainOrder, storedShape, type Traced, traced, transposed, withShape } from './traced.js';

/** A value of the given shape whose axes lie in memory in `order`, in a graph of its own. */
function example(shape: readonly number[], order: readonly number[]) {
  const graph = createGraphBuilder();
  const stored = order.map((axis) => shape[axis]!);
  const value = traced(graph.input('x', 'float32', stored), shape, 'float32', order);
  const opsFor = (name: string) => {
    const built = graph.build([{ name: 'y', dtype: 'float32', shape: [], source: name }]);
    return built.nodes.map(({ op }) => op);
  };
  return { graph, value, opsFor };
}

/** Where the element of each index lies in memory, if the ONNX value holds 0, 1, 2 … */
function addresses({ shape, order }: Traced): number[] {
  const stored = storedShape({ shape, order });
  const strides = stored.map((_, i) => stored.slice(i + 1).reduce((a, b) => a * b, 1));
  const strideOf = shape.map((_, axis) => strides[order.indexOf(axis)]!);
  return shape.reduce<number[]>(
    (offsets, extent, axis) =>
      offsets.flatMap((offset) => Array.from({ length: extent }, (_, i) => offset + i * strideOf[axis]!)),
    [0],
  );
}

describe('transposed', () => {
  test.each(permutations(3))('by %i %i %i moves nothing, and the axes are where they were', (...permutation) => {
    for (const order of permutations(3)) {
      const { value } = example([2, 3, 4], order);
      const moved = transposed(value, permutation);
      expect(moved.name).toBe(value.name);
      expect(moved.shape).toEqual(permutation.map((axis) => value.shape[axis]));
      expect(storedShape(moved)).toEqual(storedShape(value));
      const back = transposed(
        moved,
        permutation.map((_, axis) => permutation.indexOf(axis)),
      );
      expect(back).toEqual(value);
    }
  });

  test('an element is found where it lay', () => {
    const { value } = example([2, 3], [0, 1]);
    expect(addresses(value)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(addresses(transposed(value, [1, 0]))).toEqual([0, 3, 1, 4, 2, 5]);
  });
});

describe('inOrder', () => {
  test.each<[string, number[], number[], number[], string[]]>([
    ['the order it has', [2, 3, 4], [2, 0, 1], [2, 0, 1], ['Identity']],
    ['another order', [2, 3, 4], [0, 1, 2], [2, 0, 1], ['Transpose']],
    ['axes of 1 only change places', [2, 1, 4], [0, 1, 2], [1, 0, 2], ['Reshape']],
    ['NHWC with one channel as NCHW', [5, 6, 7, 1], [0, 1, 2, 3], [0, 3, 1, 2], ['Reshape']],
    ['one pixel with many channels as NCHW', [5, 1, 1, 3], [0, 1, 2, 3], [0, 3, 1, 2], ['Reshape']],
  ])('%s', (_, shape, order, wanted, ops) => {
    const { graph, value, opsFor } = example(shape, order);
    expect(opsFor(inOrder(graph, value, wanted))).toEqual(ops);
  });

  test('the permutation is of what lies in memory', () => {
    const { graph, value } = example([2, 3, 4], [2, 0, 1]);
    // In memory [4, 2, 3]: axis 0 of the shape is the second there.
    expect(graph.producer(inPlainOrder(graph, value))?.attributes).toEqual({ perm: [1, 2, 0] });
  });
});

describe('withShape', () => {
  test.each<[string, number[], number[], number[], string[]]>([
    ['the same shape', [2, 3], [1, 0], [2, 3], ['Identity']],
    ['axes of 1 added to a transposed value', [2, 3], [1, 0], [1, 2, 1, 3], ['Reshape']],
    ['axes of 1 dropped from a transposed value', [2, 1, 3, 1], [3, 2, 1, 0], [2, 3], ['Reshape']],
    ['axes merged in plain order', [2, 3, 4], [0, 1, 2], [6, 4], ['Reshape']],
    ['axes merged in another order', [2, 3, 4], [2, 0, 1], [6, 4], ['Transpose', 'Reshape']],
    ['equal extents, but other axes', [2, 6], [1, 0], [6, 2], ['Transpose', 'Reshape']],
    ['a number', [1, 1], [1, 0], [], ['Reshape']],
  ])('%s', (_, shape, order, wanted, ops) => {
    const { graph, value, opsFor } = example(shape, order);
    const result = withShape(graph, value, wanted);
    expect(result.shape).toEqual(wanted);
    expect([...result.order].sort()).toEqual(wanted.map((_unused, axis) => axis));
    expect(opsFor(inPlainOrder(graph, result)).filter((op) => op === 'Transpose').length).toBeLessThan(2);
    expect(opsFor(result.name)).toEqual(ops);
  });

  test('keeps each element at its place where nothing moves', () => {
    for (const order of permutations(3)) {
      const { graph, value } = example([2, 3, 4], order);
      expect(addresses(withShape(graph, value, [1, 2, 3, 1, 4, 1]))).toEqual(addresses(value));
    }
  });
});

describe('aligned', () => {
  const graph = createGraphBuilder();
  const input = (name: string, shape: readonly number[], order?: readonly number[]) =>
    traced(graph.input(name, 'float32', shape), shape, 'float32', order);

  test('the largest operand sets the order, and does not move', () => {
    const image = input('image', [2, 8, 8, 3], [0, 3, 1, 2]);
    const bias = input('bias', [3]);
    const { names, order } = aligned(graph, [bias, image], [2, 8, 8, 3]);
    expect(order).toEqual([0, 3, 1, 2]);
    expect(names[1]).toBe('image');
    expect(graph.producer(names[0]!)?.op).toBe('Reshape');
  });

  test('numbers stay numbers', () => {
    const matrix = input('matrix', [2, 3], [1, 0]);
    const { names, order } = aligned(graph, [matrix, traced('number', [])], [2, 3]);
    expect(names).toEqual(['matrix', 'number']);
    expect(order).toEqual([1, 0]);
  });

  test('operands in one order need no node', () => {
    const [a, b] = [input('a', [2, 3, 4], [2, 0, 1]), input('b', [2, 3, 4], [2, 0, 1])];
    expect(aligned(graph, [a, b], [2, 3, 4])).toEqual({ names: ['a', 'b'], order: [2, 0, 1] });
  });
});
