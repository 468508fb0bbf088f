/** Kernels that move, join, cut or make arrays. */
import { slice_util, util } from '@tensorflow/tfjs';
import type { GraphBuilder } from '../graph.js';
import { joined } from '../pieces.js';
import { inOrder, inPlainOrder, type Traced, traced, transposed, withShape } from '../traced.js';
import type { Kernel, KernelTable } from './kernel.js';

const reshape: Kernel = (graph, { x }, { shape }) =>
  withShape(graph, x!, util.inferFromImplicitShape(shape as number[], util.sizeFromShape([...x!.shape])));

const transpose: Kernel = (_, { x }, { perm }) => transposed(x!, perm as number[]);

const expandDims: Kernel = (graph, { input }, { dim }) => {
  const shape = [...input!.shape];
  const at = dim as number;
  shape.splice(at < 0 ? at + shape.length + 1 : at, 0, 1);
  return withShape(graph, input!, shape);
};

const splitV: Kernel = (graph, inputs, { numOrSizeSplits, axis }) => {
  const x = inputs.x!;
  const along = util.parseAxisParam(axis as number, [...x.shape])[0]!;
  const extent = x.shape[along]!;
  const sizes = Array.isArray(numOrSizeSplits)
    ? (numOrSizeSplits as number[])
    : new Array<number>(numOrSizeSplits as number).fill(extent / (numOrSizeSplits as number));
  if (sizes.length === 1) return [x];
  const pieces = x.pieces?.split(sizes);
  if (pieces) return [...pieces];
  const names = graph.nodes('Split', [x.name, graph.integers(sizes)], sizes.length, { axis: x.order.indexOf(along) });
  return names.map((name, i) => traced(name, x.shape.with(along, sizes[i]!), x.dtype, x.order));
};

const concat: Kernel = (graph, inputs, { axis }) => {
  const values = Object.values(inputs);
  const first = values[0]!;
  const along = util.parseAxisParam(axis as number, [...first.shape])[0]!;
  const extents = values.map(({ shape }) => shape[along]!);
  const shape = first.shape.with(
    along,
    extents.reduce((a, b) => a + b, 0),
  );
  if (values.length === 1) return first;
  const names = values.map((value) => inOrder(graph, value, first.order));
  const whole = traced(
    graph.node('Concat', names, { axis: first.order.indexOf(along) }),
    shape,
    first.dtype,
    first.order,
  );
  return shape.length === 1 ? joined(whole, values) : whole;
};

const slice: Kernel = (graph, { x }, { begin, size }) => {
  const [starts, sizes] = slice_util.parseSliceParams(x as never, begin as number[], size as number[]) as [
    number[],
    number[],
  ];
  return sliced(
    graph,
    x!,
    starts,
    starts.map((start, axis) => start + sizes[axis]!),
    starts.map(() => 1),
    sizes,
  );
};

const stridedSlice: Kernel = (graph, { x }, attributes) => {
  const { begin, end, strides } = attributes as Record<'begin' | 'end' | 'strides', number[]>;
  const { beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = attributes as Record<string, number>;
  const info = slice_util.sliceInfo(
    [...x!.shape],
    begin,
    end,
    strides,
    beginMask!,
    endMask!,
    ellipsisMask!,
    newAxisMask!,
    shrinkAxisMask!,
  );
  const sizes = info.begin.map((start, axis) =>
    Math.max(0, Math.ceil((info.end[axis]! - start) / info.strides[axis]!)),
  );
  return withShape(graph, sliced(graph, x!, info.begin, info.end, info.strides, sizes), info.finalShape);
};

function sliced(
  graph: GraphBuilder,
  x: Traced,
  starts: number[],
  ends: number[],
  steps: number[],
  sizes: number[],
): Traced {
  const stored = (values: number[]) => graph.integers(x.order.map((axis) => values[axis]!));
  const axes = graph.integers(x.order.map((_, i) => i));
  const name = graph.node('Slice', [x.name, stored(starts), stored(ends), axes, stored(steps)]);
  return traced(name, sizes, x.dtype, x.order);
}

const pad: Kernel = (graph, { x }, { paddings, constantValue }) => {
  const around = paddings as [number, number][];
  const stored = x!.order.map((axis) => around[axis]!);
  const amounts = graph.integers([...stored.map(([before]) => before), ...stored.map(([, after]) => after)]);
  const shape = x!.shape.map((extent, axis) => extent + around[axis]![0] + around[axis]![1]);
  const name = graph.node('Pad', [x!.name, amounts, graph.float(constantValue as number)]);
  return traced(name, shape, x!.dtype, x!.order);
};

const tile: Kernel = (graph, { x }, { reps }) => {
  const times = reps as number[];
  if (times.every((count) => count === 1)) return x!;
  const name = graph.node('Tile', [x!.name, graph.integers(x!.order.map((axis) => times[axis]!))]);
  return traced(
    name,
    x!.shape.map((extent, axis) => extent * times[axis]!),
    x!.dtype,
    x!.order,
  );
};

const pack: Kernel = (graph, inputs, { axis }) => {
  const expanded = Object.values(inputs).map((input) => expandDims(graph, { input }, { dim: axis }) as Traced);
  return concat(graph, Object.fromEntries(expanded.map((value, i) => [i, value])), { axis });
};

const unpack: Kernel = (graph, { value }, { axis }) => {
  const along = util.parseAxisParam(axis as number, [...value!.shape])[0]!;
  const parts = splitV(graph, { x: value! }, { numOrSizeSplits: value!.shape[along], axis: along }) as Traced[];
  return parts.map((part) =>
    withShape(
      graph,
      part,
      part.shape.filter((_, i) => i !== along),
    ),
  );
};

function constantFill(graph: GraphBuilder, value: number, shape: readonly number[], dtype: Traced['dtype']): Traced {
  const scalar = dtype === 'int32' ? graph.int32(Int32Array.of(value), []) : graph.float(value);
  const name = shape.length === 0 ? scalar : graph.node('Expand', [scalar, graph.integers(shape)]);
  return traced(name, shape, dtype);
}

const fill: Kernel = (graph, _, { shape, value, dtype }) =>
  constantFill(graph, value as number, shape as number[], dtype === 'int32' ? 'int32' : 'float32');

const range: Kernel = (graph, _, { start, stop, step, dtype }) => {
  const count = Math.max(0, Math.ceil(((stop as number) - (start as number)) / (step as number)));
  const values = Array.from({ length: count }, (_unused, i) => (start as number) + i * (step as number));
  if (dtype === 'int32') return traced(graph.int32(Int32Array.from(values), [count]), [count], 'int32');
  return traced(graph.float(Float32Array.from(values), [count]), [count]);
};

const reverse: Kernel = (graph, { x }, { dims }) => {
  const axes = util.parseAxisParam(dims as number[], [...x!.shape]);
  const name = axes.reduce((reversed, axis) => {
    const backwards = graph.integers(Array.from({ length: x!.shape[axis]! }, (_, i) => x!.shape[axis]! - 1 - i));
    return graph.node('Gather', [reversed, backwards], { axis: x!.order.indexOf(axis) });
  }, x!.name);
  return traced(name, x!.shape, x!.dtype, x!.order);
};

/** Rows of x along an axis, at the places a rank-1 tensor of indices names. */
const gather: Kernel = (graph, { x, indices }, { axis }) => {
  const along = util.parseAxisParam(axis as number, [...x!.shape])[0]!;
  const plain = inPlainOrder(graph, x!);
  const shape = [...x!.shape.slice(0, along), ...indices!.shape, ...x!.shape.slice(along + 1)];
  return traced(graph.node('Gather', [plain, indices!.name], { axis: along }), shape, x!.dtype);
};

export const shape: KernelTable = {
  Reshape: reshape,
  Transpose: transpose,
  ExpandDims: expandDims,
  SplitV: splitV,
  Concat: concat,
  Slice: slice,
  StridedSlice: stridedSlice,
  PadV2: pad,
  Tile: tile,
  Pack: pack,
  Unpack: unpack,
  Fill: fill,
  ZerosLike: (graph, { x }) => constantFill(graph, 0, x!.shape, x!.dtype),
  OnesLike: (graph, { x }) => constantFill(graph, 1, x!.shape, x!.dtype),
  Range: range,
  Reverse: reverse,
  GatherV2: gather,
};
