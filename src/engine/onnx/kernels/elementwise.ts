/** Elementwise kernels: operands meet in one order of axes and broadcast there. */
import { broadcast_util, type CastAttrs, type ClipByValueAttrs, type FusedBatchNormAttrs } from '@tensorflow/tfjs';
import { mapValues } from '../../flat.js';
import type { GraphBuilder } from '../graph.js';
import { piecewise } from '../pieces.js';
import { ELEMENT_TYPE } from '../protobuf.js';
import { aligned, type Traced, traced } from '../traced.js';
import { type Kernel, type KernelTable, kernel } from './kernel.js';
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

function binary(name: string, dtype?: DType): Kernel<'a' | 'b'> {
  return (graph, { a, b }) => combined(graph, name, a, b, dtype);
}

/** Kernels of two operands that broadcast, by their names in tfjs and in ONNX. */
const binaries = (names: Readonly<Record<string, string>>, dtype?: DType) =>
  mapValues(names, (name) => binary(name, dtype));

/** An op on each element; `write` appends its nodes and names the result. */
export function unary(write: (graph: GraphBuilder, name: string) => string, dtype?: DType): Kernel<'x'> {
  return (graph, { x }) => eachElement(x, (name) => write(graph, name), dtype);
}

export function eachElement(x: Traced, write: (name: string) => string, dtype: DType = x.dtype): Traced {
  return piecewise([x], ([part]) => traced(write(part.name), part.shape, dtype, part.order));
}

/** The op of one name on each element. */
export const op = (name: string, dtype?: DType) => unary((graph, x) => graph.node(name, [x]), dtype);

/** Kernels that have one name in tfjs and ONNX. */
export const ops = (...names: readonly string[]): Readonly<Record<string, Kernel<'x'>>> =>
  Object.fromEntries(names.map((name) => [name, op(name)]));

const square = unary((graph, x) => graph.node('Mul', [x, x]));

type BatchNormInputs = Record<'x' | 'mean' | 'variance', Traced> & Partial<Record<'scale' | 'offset', Traced>>;

export const elementwise = {
  ...binaries({ Sub: 'Sub', Multiply: 'Mul', RealDiv: 'Div', Maximum: 'Max', Minimum: 'Min', Pow: 'Pow' }),
  ...binaries({ Equal: 'Equal', Greater: 'Greater', GreaterEqual: 'GreaterOrEqual' }, 'bool'),
  ...binaries({ Less: 'Less', LessEqual: 'LessOrEqual', LogicalAnd: 'And', LogicalOr: 'Or' }, 'bool'),
  ...ops('Abs', 'Neg', 'Sign', 'Exp', 'Log', 'Sin', 'Cos', 'Tanh', 'Sigmoid'),
  ...ops('Sqrt', 'Reciprocal', 'Floor', 'Ceil', 'Round', 'Erf'),
  Add: kernel<'a' | 'b'>((graph, { a, b }) => biased(graph, a, b) ?? combined(graph, 'Add', a, b)),
  AddN: kernel<string>((graph, inputs) => Object.values(inputs).reduce((a, b) => combined(graph, 'Add', a, b))),
  SquaredDifference: kernel<'a' | 'b'>((graph, { a, b }, attributes) =>
    square(graph, { x: combined(graph, 'Sub', a, b) }, attributes),
  ),

  /** ⌊a/b⌋, which tfjs makes int32 whatever the operands are. ONNX divides integers towards zero; its Mod goes with ⌊a/b⌋. */
  FloorDiv: kernel<'a' | 'b'>((graph, { a, b }) => {
    if (a.dtype === 'int32') return combined(graph, 'Div', combined(graph, 'Sub', a, combined(graph, 'Mod', a, b)), b);
    const floored = (name: string) => graph.node('Cast', [graph.node('Floor', [name])], { to: ELEMENT_TYPE.int32 });
    return eachElement(combined(graph, 'Div', a, b), floored, 'int32');
  }),

  NotEqual: kernel<'a' | 'b'>((graph, { a, b }) =>
    eachElement(combined(graph, 'Equal', a, b, 'bool'), (name) => graph.node('Not', [name])),
  ),
  LogicalNot: op('Not'),
  IsNan: op('IsNaN', 'bool'),
  /** NaN and the infinities are what is not 0 once multiplied by 0. */
  IsFinite: unary((graph, x) => {
    return graph.node('Equal', [graph.node('Mul', [x, graph.float(0)]), graph.float(0)]);
  }, 'bool'),
  Rsqrt: unary((graph, x) => graph.node('Reciprocal', [graph.node('Sqrt', [x])])),
  Square: square,

  Cast: kernel<'x', CastAttrs>((graph, { x }, { dtype }) => {
    const to = dtype as DType;
    if (to === x.dtype) return x;
    return eachElement(x, (name) => graph.node('Cast', [name], { to: ELEMENT_TYPE[to] }), to);
  }),

  Select: kernel<'condition' | 't' | 'e'>((graph, { condition, t, e }) => {
    const { names, order } = aligned(graph, [condition, t, e], t.shape);
    return traced(graph.node('Where', names), t.shape, t.dtype, order);
  }),

  ClipByValue: kernel<'x', ClipByValueAttrs>((graph, { x }, { clipValueMin, clipValueMax }) => {
    const bounds = [clipValueMin, clipValueMax].map((bound) => graph.scalar(bound, x.dtype));
    return eachElement(x, (name) => graph.node('Clip', [name, ...bounds]));
  }),

  /** `tf.batchNorm` with given moments: (x − mean)·scale/√(variance + ε) + offset. tfjs composes its gradient. */
  FusedBatchNorm: kernel<'x' | 'mean' | 'variance', FusedBatchNormAttrs>(
    (graph, inputs: BatchNormInputs, { varianceEpsilon }) => {
      const { x, mean, variance, scale, offset } = inputs;
      const deviation = eachElement(variance, (name) => {
        return graph.node('Sqrt', [graph.node('Add', [name, graph.float(varianceEpsilon)])]);
      });
      const normalised = combined(graph, 'Div', combined(graph, 'Sub', x, mean), deviation);
      const scaled = scale ? combined(graph, 'Mul', normalised, scale) : normalised;
      return offset ? combined(graph, 'Add', scaled, offset) : scaled;
    },
  ),
} satisfies KernelTable;
