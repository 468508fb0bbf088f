/** Elementwise kernels: operands meet in one order of axes and broadcast there. */
import { broadcast_util } from '@tensorflow/tfjs';
import type { GraphBuilder } from '../graph.js';
import { piecewise } from '../pieces.js';
import { ELEMENT_TYPE } from '../protobuf.js';
import { aligned, type Traced, traced } from '../traced.js';
import type { Kernel, KernelTable } from './kernel.js';
import { biased } from './matrix.js';

type DType = Traced['dtype'];

function binary(onnxOp: string, dtype?: DType): Kernel {
  return (graph, { a, b }) =>
    piecewise([a!, b!], (operands) => {
      const [left, right] = operands as [Traced, Traced];
      const shape = broadcast_util.assertAndGetBroadcastShape([...left.shape], [...right.shape]);
      const { names, order } = aligned(graph, operands, shape.length);
      return traced(graph.node(onnxOp, names), shape, dtype ?? left.dtype, order);
    });
}

/** An op on each element; `write` appends its nodes and names the result. */
function unary(write: (graph: GraphBuilder, name: string) => string): Kernel {
  return (graph, { x }) => eachElement(x!, (name) => write(graph, name));
}

function eachElement(x: Traced, write: (name: string) => string, dtype: DType = x.dtype): Traced {
  return piecewise([x], ([part]) => traced(write(part!.name), part!.shape, dtype, part!.order));
}

const op = (name: string) => unary((graph, x) => graph.node(name, [x]));

const add: Kernel = (graph, { a, b }, attributes) =>
  biased(graph, a!, b!) ?? (binary('Add')(graph, { a: a!, b: b! }, attributes) as Traced);

const square = unary((graph, x) => graph.node('Mul', [x, x]));

const squaredDifference: Kernel = (graph, { a, b }, attributes) => {
  const x = binary('Sub')(graph, { a: a!, b: b! }, attributes) as Traced;
  return square(graph, { x }, attributes);
};

/** 1 where x > 0, else alpha (the gradient of relu). */
const step: Kernel = (graph, { x }, { alpha }) =>
  eachElement(x!, (name) => {
    const positive = graph.node('Greater', [name, graph.float(0)]);
    if (!alpha) return graph.node('Cast', [positive], { to: ELEMENT_TYPE.float32 });
    return graph.node('Where', [positive, graph.float(1), graph.float(alpha as number)]);
  });

const cast: Kernel = (graph, { x }, { dtype }) => {
  const to = dtype as DType;
  if (to === x!.dtype) return x!;
  return eachElement(x!, (name) => graph.node('Cast', [name], { to: ELEMENT_TYPE[to] }), to);
};

const select: Kernel = (graph, { condition, t, e }) => {
  const { names, order } = aligned(graph, [condition!, t!, e!], t!.shape.length);
  return traced(graph.node('Where', names), t!.shape, t!.dtype, order);
};

const clip: Kernel = (graph, { x }, { clipValueMin, clipValueMax }) => {
  const bounds = [graph.float(clipValueMin as number), graph.float(clipValueMax as number)];
  return eachElement(x!, (name) => graph.node('Clip', [name, ...bounds]));
};

const sum: Kernel = (graph, inputs, attributes) =>
  Object.values(inputs).reduce((a, b) => binary('Add')(graph, { a, b }, attributes) as Traced);

export const elementwise: KernelTable = {
  Add: add,
  AddN: sum,
  Sub: binary('Sub'),
  Multiply: binary('Mul'),
  RealDiv: binary('Div'),
  Maximum: binary('Max'),
  Minimum: binary('Min'),
  Pow: binary('Pow'),
  SquaredDifference: squaredDifference,
  Equal: binary('Equal', 'bool'),
  Greater: binary('Greater', 'bool'),
  GreaterEqual: binary('GreaterOrEqual', 'bool'),
  Less: binary('Less', 'bool'),
  LessEqual: binary('LessOrEqual', 'bool'),
  LogicalAnd: binary('And', 'bool'),
  LogicalNot: op('Not'),
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
  Relu: op('Relu'),
  Square: square,
  Step: step,
  Cast: cast,
  Select: select,
  ClipByValue: clip,
};
