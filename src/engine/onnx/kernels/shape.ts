/** Kernels that move, join, cut or make arrays. */
import * as tf from '@tensorflow/tfjs';
import { at } from '../../../support/at.js';
import { SmoothOutError } from '../../../support/errors.js';
import type { GraphBuilder } from '../graph.js';
import { joined } from '../pieces.js';
import { ELEMENT_TYPE } from '../protobuf.js';
import { identityOrder, inOrder, inPlainOrder, type Traced, traced, transposed, withShape } from '../traced.js';
import { axisOf, type Kernel, type KernelTable, kernel } from './kernel.js';

const expandDims: Kernel<'input', tf.ExpandDimsAttrs> = (graph, { input }, { dim }) => {
  const place = dim < 0 ? dim + input.shape.length + 1 : dim;
  return withShape(graph, input, input.shape.toSpliced(place, 0, 1));
};

const splitV: Kernel<'x', tf.SplitVAttrs, Traced[]> = (graph, { x }, { numOrSizeSplits, axis }) => {
  const along = axisOf(axis, x.shape);
  const sizes = tf.backend_util.prepareSplitSize(x as never, numOrSizeSplits, along);
  if (sizes.length === 1) return [x];
  const pieces = x.pieces?.split(sizes);
  if (pieces) return [...pieces];
  const names = graph.nodes('Split', [x.name, graph.integers(sizes)], sizes.length, { axis: x.order.indexOf(along) });
  return names.map((name, i) => traced(name, x.shape.with(along, at(sizes, i)), x.dtype, x.order));
};

const concat: Kernel<string, tf.ConcatAttrs> = (graph, inputs, { axis }) => {
  const values = Object.values(inputs);
  const first = at(values, 0);
  const along = axisOf(axis, first.shape);
  if (values.length === 1) return first;
  const extent = values.reduce((total, { shape }) => total + at(shape, along), 0);
  const shape = first.shape.with(along, extent);
  const names = values.map((value) => inOrder(graph, value, first.order));
  const name = graph.node('Concat', names, { axis: first.order.indexOf(along) });
  const whole = traced(name, shape, first.dtype, first.order);
  return shape.length === 1 ? joined(whole, values) : whole;
};

/** Where a slice backwards ends that takes the first element too: an end of −1 would be the last element. */
const BEFORE_FIRST = -(2 ** 31);

function sliced(graph: GraphBuilder, x: Traced, starts: number[], ends: number[], steps: number[]): Traced {
  const sizes = starts.map((start, axis) => Math.max(0, Math.ceil((at(ends, axis) - start) / at(steps, axis))));
  const stored = (values: number[]) => graph.integers(x.order.map((axis) => at(values, axis)));
  const bounds = ends.map((end) => (end < 0 ? BEFORE_FIRST : end));
  const axes = graph.integers(identityOrder(x.order.length));
  const name = graph.node('Slice', [x.name, stored(starts), stored(bounds), axes, stored(steps)]);
  return traced(name, sizes, x.dtype, x.order);
}

function constantFill(graph: GraphBuilder, value: number, shape: readonly number[], dtype: Traced['dtype']): Traced {
  const scalar = graph.scalar(value, dtype);
  const name = shape.length === 0 ? scalar : graph.node('Expand', [scalar, graph.integers(shape)]);
  return { ...traced(name, shape, dtype), filledWith: scalar };
}

const filledLike =
  (value: number): Kernel<'x'> =>
  (graph, { x }) =>
    constantFill(graph, value, x.shape, x.dtype);

export const shape = {
  Reshape: kernel<'x', tf.ReshapeAttrs>((graph, { x }, { shape }) =>
    withShape(graph, x, tf.util.inferFromImplicitShape(shape, tf.util.sizeFromShape([...x.shape]))),
  ),
  Transpose: kernel<'x', tf.TransposeAttrs>((_, { x }, { perm }) => transposed(x, perm)),
  ExpandDims: expandDims,
  SplitV: splitV,
  Concat: concat,

  Slice: kernel<'x', tf.SliceAttrs>((graph, { x }, { begin, size }) => {
    const [starts, sizes] = tf.slice_util.parseSliceParams(x as never, begin, size) as [number[], number[]];
    const ends = starts.map((start, axis) => start + at(sizes, axis));
    const steps = starts.map(() => 1);
    return sliced(graph, x, starts, ends, steps);
  }),

  StridedSlice: kernel<'x', tf.StridedSliceAttrs>((graph, { x }, attributes) => {
    const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = attributes;
    const masks = [beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask] as const;
    const info = tf.slice_util.sliceInfo([...x.shape], begin, end, strides, ...masks);
    return withShape(graph, sliced(graph, x, info.begin, info.end, info.strides), info.finalShape);
  }),

  PadV2: kernel<'x', tf.PadV2Attrs>((graph, { x }, { paddings, constantValue }) => {
    const stored = x.order.map((axis) => at(paddings, axis));
    const amounts = graph.integers([...stored.map(([before]) => before), ...stored.map(([, after]) => after)]);
    const shape = x.shape.map((extent, axis) => extent + at(paddings, axis)[0] + at(paddings, axis)[1]);
    const name = graph.node('Pad', [x.name, amounts, graph.scalar(constantValue, x.dtype)]);
    return traced(name, shape, x.dtype, x.order);
  }),

  Tile: kernel<'x', tf.TileAttrs>((graph, { x }, { reps }) => {
    if (reps.every((count) => count === 1)) return x;
    const name = graph.node('Tile', [x.name, graph.integers(x.order.map((axis) => at(reps, axis)))]);
    const shape = x.shape.map((extent, axis) => extent * at(reps, axis));
    return traced(name, shape, x.dtype, x.order);
  }),

  Pack: kernel<string, tf.PackAttrs>((graph, inputs, { axis }) => {
    const expanded = Object.values(inputs).map((input) => expandDims(graph, { input }, { dim: axis }));
    return concat(graph, Object.fromEntries(expanded.entries()), { axis });
  }),

  Unpack: kernel<'value', tf.UnpackAttrs, Traced[]>((graph, { value }, { axis }) => {
    const along = axisOf(axis, value.shape);
    const parts = splitV(graph, { x: value }, { numOrSizeSplits: at(value.shape, along), axis: along });
    return parts.map((part) => withShape(graph, part, part.shape.toSpliced(along, 1)));
  }),

  Fill: kernel<never, tf.FillAttrs>((graph, _, { shape, value, dtype }) =>
    constantFill(graph, Number(value), shape, dtype as Traced['dtype']),
  ),
  ZerosLike: filledLike(0),
  OnesLike: filledLike(1),

  Range: kernel<never, tf.RangeAttrs>((graph, _, { start, stop, step, dtype }) => {
    const count = Math.max(0, Math.ceil((stop - start) / step));
    const values = Array.from({ length: count }, (_unused, i) => start + i * step);
    if (dtype === 'int32') return traced(graph.int32(Int32Array.from(values), [count]), [count], 'int32');
    return traced(graph.float(Float32Array.from(values), [count]), [count]);
  }),

  Reverse: kernel<'x', tf.ReverseAttrs>((graph, { x }, { dims }) => {
    const axes = tf.util.parseAxisParam(dims, [...x.shape]);
    const name = axes.reduce((reversed, axis) => {
      const backwards = graph.integers(Array.from({ length: at(x.shape, axis) }, (_, i) => at(x.shape, axis) - 1 - i));
      return graph.node('Gather', [reversed, backwards], { axis: x.order.indexOf(axis) });
    }, x.name);
    return traced(name, x.shape, x.dtype, x.order);
  }),

  /** Entries of x along an axis, at the places that `indices` names. */
  GatherV2: kernel<'x' | 'indices', tf.GatherV2Attrs>((graph, { x, indices }, { axis, batchDims }) => {
    if (batchDims) throw new SmoothOutError('UNSUPPORTED_OP', 'The ONNX engine gathers without batch dimensions only.');
    const along = axisOf(axis, x.shape);
    const operands = [inPlainOrder(graph, x), inPlainOrder(graph, indices)];
    const shape = [...x.shape.slice(0, along), ...indices.shape, ...x.shape.slice(along + 1)];
    return traced(graph.node('Gather', operands, { axis: along }), shape, x.dtype);
  }),

  /** Adds each row of x to the row of the result that `segmentIds` names: the gradient of gather. */
  UnsortedSegmentSum: kernel<'x' | 'segmentIds', tf.UnsortedSegmentSumAttrs>(
    (graph, { x, segmentIds }, { numSegments }) => {
      const shape = [numSegments, ...x.shape.slice(segmentIds.shape.length)];
      const zeros = constantFill(graph, 0, shape, x.dtype).name;
      const ids = withShape(graph, segmentIds, [...segmentIds.shape, 1]);
      const places = graph.node('Cast', [inPlainOrder(graph, ids)], { to: ELEMENT_TYPE.int64 });
      const name = graph.node('ScatterND', [zeros, places, inPlainOrder(graph, x)], { reduction: 'add' });
      return traced(name, shape, x.dtype);
    },
  ),

  /** 1 (or `onValue`) where a row's column is its index; a row whose index lies outside has none. */
  OneHot: kernel<'indices', tf.OneHotAttrs>((graph, { indices }, { depth, onValue, offValue, dtype }) => {
    const to = dtype as Traced['dtype'];
    const places = withShape(graph, indices, [...indices.shape, 1]);
    const columns = Int32Array.from({ length: depth }, (_, i) => i);
    const hot = graph.node('Equal', [inPlainOrder(graph, places), graph.int32(columns, [depth])]);
    const values = [graph.scalar(onValue, to), graph.scalar(offValue, to)];
    return traced(graph.node('Where', [hot, ...values]), [...indices.shape, depth], to);
  }),
} satisfies KernelTable;
