/**
 * A traced value: what a tfjs tensor stands for while a function is traced. tfjs images are NHWC, ONNX Runtime's NCHW;
 * so each value carries the order in which its axes lie in memory, `tf.transpose` only changes that order, and a
 * Transpose node is written only where two orders really meet.
 */
import { at } from '../../support/at.js';
import { sizeOf } from '../../support/shape.js';
import type { ElementType, GraphBuilder } from './graph.js';
import type { Pieces } from './pieces.js';

export interface Traced {
  /** Name of the ONNX value. */
  readonly name: string;
  readonly dtype: Exclude<ElementType, 'int64'>;
  /** The shape tfjs sees. */
  readonly shape: readonly number[];
  /** Axis `order[p]` of `shape` is axis p of the ONNX value. */
  readonly order: readonly number[];
  /** The scalar that every element equals, where that is known while tracing. */
  readonly filledWith?: string;
  /** How a vector can be had in pieces without a copy (pieces.ts). */
  readonly pieces?: Pieces;
  /** A batch of images in parts that follow each other (image-parts.ts). */
  readonly parts?: () => readonly Traced[];
}

export const identityOrder = (rank: number): number[] => Array.from({ length: rank }, (_, axis) => axis);

const sameOrder = (a: readonly number[], b: readonly number[]) => a.every((axis, i) => axis === b[i]);

/** The shape of the ONNX value. */
export const storedShape = ({ shape, order }: Pick<Traced, 'shape' | 'order'>): number[] =>
  order.map((axis) => at(shape, axis));

/** A new value of the given shape whose axes lie in memory as in `shape`, or in `order`. */
export function traced(
  name: string,
  shape: readonly number[],
  dtype: Traced['dtype'] = 'float32',
  order: readonly number[] = identityOrder(shape.length),
): Traced {
  return { name, shape, dtype, order };
}

/** The name of an ONNX value that holds `value` with its axes in the wanted order. */
export function inOrder(graph: GraphBuilder, value: Traced, order: readonly number[]): string {
  if (sameOrder(value.order, order)) return value.name;
  const extends1 = (axis: number) => value.shape[axis] !== 1;
  const movesNothing = sameOrder(value.order.filter(extends1), order.filter(extends1));
  if (movesNothing) return graph.reshape(value.name, storedShape(value), storedShape({ shape: value.shape, order }));
  return graph.node('Transpose', [value.name], { perm: order.map((axis) => value.order.indexOf(axis)) });
}

/** The name of an ONNX value that holds `value` as tfjs sees it. */
export const inPlainOrder = (graph: GraphBuilder, value: Traced): string =>
  inOrder(graph, value, identityOrder(value.shape.length));

/** `tf.transpose`: nothing moves, the axes are renamed. */
export function transposed({ parts: _, ...value }: Traced, permutation: readonly number[]): Traced {
  return {
    ...value,
    shape: permutation.map((axis) => at(value.shape, axis)),
    order: value.order.map((axis) => permutation.indexOf(axis)),
  };
}

/** `tf.reshape`. Adding or dropping axes of extent 1 keeps the order in memory; anything else needs the plain order. */
export function withShape(graph: GraphBuilder, value: Traced, shape: readonly number[]): Traced {
  if (shape.length === value.shape.length && shape.every((extent, axis) => extent === value.shape[axis])) return value;
  const wide = (s: readonly number[]) => identityOrder(s.length).filter((axis) => s[axis] !== 1);
  const from = wide(value.shape);
  const to = wide(shape);
  const keepsAxes = from.length === to.length && from.every((axis, i) => value.shape[axis] === shape[at(to, i)]);
  const filled = value.filledWith && { filledWith: value.filledWith };
  if (!keepsAxes) {
    return { ...traced(graph.reshape(inPlainOrder(graph, value), value.shape, shape), shape, value.dtype), ...filled };
  }
  const units = identityOrder(shape.length).filter((axis) => shape[axis] === 1);
  const widePart = value.order.filter((axis) => from.includes(axis)).map((axis) => at(to, from.indexOf(axis)));
  const order = sameOrder(widePart, to) ? identityOrder(shape.length) : [...units, ...widePart];
  const name = graph.reshape(value.name, storedShape(value), storedShape({ shape, order }));
  return { ...traced(name, shape, value.dtype, order), ...filled };
}

/**
 * Operands of an elementwise op brought to one order, and the order of the result: that of the largest operand. A value
 * that is one number everywhere takes part as that number.
 */
export function aligned(graph: GraphBuilder, operands: readonly Traced[], shape: readonly number[]) {
  const varied = operands.filter(({ filledWith }) => filledWith === undefined);
  const order = commonOrder(varied.length > 0 ? varied : operands, shape);
  const covered = shape.every((extent, axis) => {
    return varied.some((operand) => extent === (operand.shape[axis - shape.length + operand.shape.length] ?? 1));
  });
  const names = operands.map((operand) => {
    if (operand.filledWith !== undefined && covered) return operand.filledWith;
    if (operand.shape.length === 0) return operand.name;
    const padded = [...new Array<number>(shape.length - operand.shape.length).fill(1), ...operand.shape];
    if (operand.filledWith === undefined) return inOrder(graph, withShape(graph, operand, padded), order);
    return graph.node('Expand', [operand.filledWith, graph.integers(storedShape({ shape: padded, order }))]);
  });
  return { names, order };
}

/** The order of the largest operand; axes that only broadcasting gives it lie innermost. */
function commonOrder(operands: readonly Traced[], shape: readonly number[]): readonly number[] {
  const full = operands.filter((operand) => operand.shape.length === shape.length);
  const largest = full.sort((a, b) => sizeOf(b.shape) - sizeOf(a.shape) || isPlain(a) - isPlain(b))[0];
  if (!largest) return identityOrder(shape.length);
  const isExpanded = (axis: number) => largest.shape[axis] === 1 && shape[axis] !== 1;
  if (!shape.some((_, axis) => isExpanded(axis))) return largest.order;
  return [...largest.order.filter((axis) => !isExpanded(axis)), ...largest.order.filter(isExpanded)];
}

const isPlain = ({ order, shape }: Traced) => Number(sameOrder(order, identityOrder(shape.length)));
