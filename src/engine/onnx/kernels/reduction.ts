/** Kernels that reduce along axes. */
import { type ArgMaxAttrs, util } from '@tensorflow/tfjs';
import { at } from '../../../support/at.js';
import type { GraphBuilder } from '../graph.js';
import { ELEMENT_TYPE } from '../protobuf.js';
import { identityOrder, type Traced, traced } from '../traced.js';
import { axisOf, type Kernel, type KernelTable, kernel } from './kernel.js';

/** The value with some axes gone (or of extent 1), the others lying in memory as before. */
export function reduced(
  name: string,
  { shape, order, dtype }: Traced,
  axes: readonly number[],
  keepDims: boolean,
): Traced {
  const units = shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  if (keepDims) return traced(name, units, dtype, order);
  const kept = identityOrder(shape.length).filter((axis) => !axes.includes(axis));
  const keptOrder = order.filter((axis) => !axes.includes(axis)).map((axis) => kept.indexOf(axis));
  const keptShape = kept.map((axis) => at(shape, axis));
  return traced(name, keptShape, dtype, keptOrder);
}

interface ReductionAttributes {
  /** Absent for all axes, and for Max. */
  readonly axis: number | number[];
  readonly reductionIndices?: number | number[];
  readonly keepDims: boolean;
}

/** A reduction that computes in `dtype`, or in that of its operand. tfjs calls the axes of Max alone `reductionIndices`. */
function reduction_(op: string, dtype?: 'float32' | 'int32'): Kernel<'x', ReductionAttributes> {
  return (graph, inputs, { axis, reductionIndices = axis, keepDims }) => {
    const x = converted(graph, inputs.x, dtype ?? inputs.x.dtype);
    const axes = util.parseAxisParam(reductionIndices, [...x.shape]);
    if (axes.length === 0) return x;
    const stored = axes.map((a) => x.order.indexOf(a)).sort((a, b) => a - b);
    const name = graph.node(op, [x.name, graph.integers(stored)], { keepdims: keepDims ? 1 : 0 });
    return reduced(name, x, axes, Boolean(keepDims));
  };
}

function converted(graph: GraphBuilder, x: Traced, dtype: Traced['dtype']): Traced {
  if (dtype === x.dtype) return x;
  return traced(graph.node('Cast', [x.name], { to: ELEMENT_TYPE[dtype] }), x.shape, dtype, x.order);
}

/** `tf.all` and `tf.any`: the least and the greatest of truth values as numbers. */
function ofTruths(op: string): Kernel<'x', ReductionAttributes> {
  return (graph, inputs, attributes) => converted(graph, reduction_(op, 'int32')(graph, inputs, attributes), 'bool');
}

function extremum(op: string): Kernel<'x', ArgMaxAttrs> {
  return (graph, { x }, { axis }) => {
    const along = axisOf(axis, x.shape);
    const index = graph.node(op, [x.name], { axis: x.order.indexOf(along), keepdims: 0 });
    const name = graph.node('Cast', [index], { to: ELEMENT_TYPE.int32 });
    return { ...reduced(name, x, [along], false), dtype: 'int32' };
  };
}

export const reduction = {
  Sum: reduction_('ReduceSum'),
  Mean: reduction_('ReduceMean', 'float32'),
  Max: reduction_('ReduceMax'),
  Min: reduction_('ReduceMin'),
  All: ofTruths('ReduceMin'),
  Any: ofTruths('ReduceMax'),
  ArgMax: extremum('ArgMax'),
  ArgMin: extremum('ArgMin'),

  /** Along the last axis, as tfjs has it. `tf.logSoftmax` composes other kernels. */
  Softmax: kernel<'logits'>((graph, { logits }) => {
    const { shape, order } = logits;
    const name = graph.node('Softmax', [logits.name], { axis: order.indexOf(shape.length - 1) });
    return traced(name, shape, 'float32', order);
  }),
} satisfies KernelTable;
