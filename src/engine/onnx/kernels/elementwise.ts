/** Elementwise kernels: operands meet in one order of axes and broadcast there. */
import { broadcast_util, type CastAttrs, type ClipByValueAttrs, type FusedBatchNormAttrs } from '@tensorflow/tfjs';
import type { GraphBuilder } from '../graph.js';
import { piecewise } from '../pieces.js';
import { ELEMENT_TYPE } from '../protobuf.js';
import { aligned, type Traced, traced } from '../traced.js';
import type { Kernel, KernelTable } from './kernel.js';
import { biased } from './matrix.js';

type DType = Traced['dtype'];

/** What an ONNX op makes of two operands that broadcast; it has the given dtype, or that of the operands. */
export function combined(graph: GraphBuilder, onnxOp: string, a: Traced, b: Traced, dtype: DType = a.dtype): Traced {
  return piecewise([a, b], (operands) => {
    const [left, right] = operands;
    const shape = broadcast_util.assertAndGetBroadcastShape([...left.shape], [...right.shape]);
    const { names, order } = aligned(graph, operands, shape);
    return traced(graph.node(onnxOp, names), shape, dtype, order);
  });
}

function binary(onnxOp: string, dtype?: DType): Kernel<'a' | 'b'> {
  return (graph, { a, b }) => combined(graph, onnxOp, a, b, dtype);
}

/** An op on each element; `write` appends its nodes and names the result. */
export function unary(write: (graph: GraphBuilder, name: string) => string, dtype?: DType): Kernel<'x'> {
  return (graph, { x }) => eachElement(x, (name) => write(graph, name), dtype);
}

export function eachElement(x: Traced, write: (name: string) => string, dtype: DType = x.dtype): Traced {
  return piecewise([x], ([part]) => traced(write(part.name), part.shape, dtype, part.order));
}

export const op = (name: string, dtype?: DType) => unary((graph, x) => graph.node(name, [x]), dtype);

const add: Kernel<'a' | 'b'> = (graph, { a, b }) => biased(graph, a, b) ?? combined(graph, 'Add', a, b);

const square = unary((graph, x) => graph.node('Mul', [x, x]));

const squaredDifference: Kernel<'a' | 'b'> = (graph, { a, b }, attributes) =>
  square(graph, { x: combined(graph, 'Sub', a, b) }, attributes);

const cast: Kernel<'x', CastAttrs> = (graph, { x }, { dtype }) => {
  const to = dtype as DType;
  if (to === x.dtype) return x;
  return eachElement(x, (name) => graph.node('Cast', [name], { to: ELEMENT_TYPE[to] }), to);
};

const select: Kernel<'condition' | 't' | 'e'> = (graph, { condition, t, e }) => {
  const { names, order } = aligned(graph, [condition, t, e], t.shape);
  return traced(graph.node('Where', names), t.shape, t.dtype, order);
};

const clip: Kernel<'x', ClipByValueAttrs> = (graph, { x }, { clipValueMin, clipValueMax }) => {
  const bounds = [clipValueMin, clipValueMax].map((bound) => graph.scalar(bound, x.dtype));
  return eachElement(x, (name) => graph.node('Clip', [name, ...bounds]));
};

const sum: Kernel<string> = (graph, inputs) => Object.values(inputs).reduce((a, b) => combined(graph, 'Add', a, b));

const notEqual: Kernel<'a' | 'b'> = (graph, { a, b }) =>
  eachElement(combined(graph, 'Equal', a, b, 'bool'), (name) => graph.node('Not', [name]));

/** ⌊a/b⌋, which tfjs makes int32 whatever the operands are. ONNX divides integers towards zero; its Mod goes with ⌊a/b⌋. */
const floorDiv: Kernel<'a' | 'b'> = (graph, { a, b }) => {
  if (a.dtype === 'int32') return combined(graph, 'Div', combined(graph, 'Sub', a, combined(graph, 'Mod', a, b)), b);
  const floored = (name: string) => graph.node('Cast', [graph.node('Floor', [name])], { to: ELEMENT_TYPE.int32 });
  return eachElement(combined(graph, 'Div', a, b), floored, 'int32');
};

/** NaN and the infinities are what is not 0 once multiplied by 0. */
const finite = unary((graph, x) => {
  return graph.node('Equal', [graph.node('Mul', [x, graph.float(0)]), graph.float(0)]);
}, 'bool');

type BatchNormInputs = Record<'x' | 'mean' | 'variance', Traced> & Partial<Record<'scale' | 'offset', Traced>>;

/** `tf.batchNorm` with given moments: (x − mean)·scale/√(variance + ε) + offset. tfjs composes its gradient. */
const batchNorm: Kernel<'x' | 'mean' | 'variance', FusedBatchNormAttrs> = (
  graph,
  inputs: BatchNormInputs,
  { varianceEpsilon },
) => {
  const { x, mean, variance, scale, offset } = inputs;
  const deviation = eachElement(variance, (name) => {
    return graph.node('Sqrt', [graph.node('Add', [name, graph.float(varianceEpsilon)])]);
  });
  const normalised = combined(graph, 'Div', combined(graph, 'Sub', x, mean), deviation);
  const scaled = scale ? combined(graph, 'Mul', normalised, scale) : normalised;
  return offset ? combined(graph, 'Add', scaled, offset) : scaled;
};

export const elementwise = {
  Add: add,
  AddN: sum,
  Sub: binary('Sub'),
  Multiply: binary('Mul'),
  RealDiv: binary('Div'),
  Maximum: binary('Max'),
  Minimum: binary('Min'),
  Pow: binary('Pow'),
  SquaredDifference: squaredDifference,
  FloorDiv: floorDiv,
  Equal: binary('Equal', 'bool'),
  NotEqual: notEqual,
  Greater: binary('Greater', 'bool'),
  GreaterEqual: binary('GreaterOrEqual', 'bool'),
  Less: binary('Less', 'bool'),
  LessEqual: binary('LessOrEqual', 'bool'),
  LogicalAnd: binary('And', 'bool'),
  LogicalOr: binary('Or', 'bool'),
  LogicalNot: op('Not'),
  IsNan: op('IsNaN', 'bool'),
  IsFinite: finite,
  Abs: op('Abs'),
  Neg: op('Neg'),
  Sign: op('Sign'),
  Exp: op('Exp'),
  Log: op('Log'),
  Sin: op('Sin'),
  Cos: op('Cos'),
  Tanh: op('Tanh'),
  Sigmoid: op('Sigmoid'),
  Sqrt: op('Sqrt'),
  Rsqrt: unary((graph, x) => graph.node('Reciprocal', [graph.node('Sqrt', [x])])),
  Reciprocal: op('Reciprocal'),
  Floor: op('Floor'),
  Ceil: op('Ceil'),
  Round: op('Round'),
  Erf: op('Erf'),
  Square: square,
  Cast: cast,
  Select: select,
  ClipByValue: clip,
  FusedBatchNorm: batchNorm,
} satisfies KernelTable;
