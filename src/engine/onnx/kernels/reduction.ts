import { util } from '@tensorflow/tfjs';
import { ELEMENT_TYPE } from '../protobuf.js';
import { identityOrder, inPlainOrder, type Traced, traced } from '../traced.js';
import type { Kernel, KernelTable } from './kernel.js';

/** The value with some axes gone (or of extent 1), the others lying in memory as before. */
function reduced(name: string, { shape, order, dtype }: Traced, axes: readonly number[], keepDims: boolean): Traced {
  if (keepDims) {
    return traced(
      name,
      shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent)),
      dtype,
      order,
    );
  }
  const kept = identityOrder(shape.length).filter((axis) => !axes.includes(axis));
  const keptOrder = order.filter((axis) => !axes.includes(axis)).map((axis) => kept.indexOf(axis));
  return traced(
    name,
    kept.map((axis) => shape[axis]!),
    dtype,
    keptOrder,
  );
}

function reduction_(op: string): Kernel {
  return (graph, { x }, { axis, keepDims }) => {
    const all = identityOrder(x!.shape.length);
    const axes = axis == null ? all : util.parseAxisParam(axis as number | number[], [...x!.shape]);
    if (axes.length === 0) return x!;
    const stored = axes.map((a) => x!.order.indexOf(a)).sort((a, b) => a - b);
    const name = graph.node(op, [x!.name, graph.integers(stored)], { keepdims: keepDims ? 1 : 0 });
    return reduced(name, x!, axes, Boolean(keepDims));
  };
}

function extremum(op: string): Kernel {
  return (graph, { x }, { axis }) => {
    const index = graph.node(op, [x!.name], { axis: x!.order.indexOf(axis as number), keepdims: 0 });
    const name = graph.node('Cast', [index], { to: ELEMENT_TYPE.int32 });
    return { ...reduced(name, x!, [axis as number], false), dtype: 'int32' };
  };
}

/** Softmax or its logarithm along the last axis. */
function softmax(op: string): Kernel {
  return (graph, { logits }) => {
    const { shape } = logits!;
    return traced(graph.node(op, [inPlainOrder(graph, logits!)], { axis: shape.length - 1 }), shape);
  };
}

export const reduction: KernelTable = {
  Sum: reduction_('ReduceSum'),
  Mean: reduction_('ReduceMean'),
  Max: reduction_('ReduceMax'),
  Min: reduction_('ReduceMin'),
  ArgMax: extremum('ArgMax'),
  ArgMin: extremum('ArgMin'),
  Softmax: softmax('Softmax'),
  LogSoftmax: softmax('LogSoftmax'),
};
