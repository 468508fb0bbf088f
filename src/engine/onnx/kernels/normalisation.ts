import type { Traced } from '../traced.js';
import { binary, unary } from './elementwise.js';
import type { Kernel, KernelTable } from './kernel.js';

/** `tf.batchNorm` with given moments: (x − mean)·scale/√(variance + ε) + offset. tfjs composes its gradient. */
const batchNorm: Kernel = (graph, { x, mean, variance, scale, offset }, { varianceEpsilon }) => {
  const apply = (op: string, a: Traced, b: Traced) => binary(op)(graph, { a, b }, {}) as Traced;
  const deviation = unary((g, name) => g.node('Sqrt', [g.node('Add', [name, g.float(varianceEpsilon as number)])]));
  const divisor = deviation(graph, { x: variance! }, {}) as Traced;
  const normalised = apply('Div', apply('Sub', x!, mean!), divisor);
  const scaled = scale ? apply('Mul', normalised, scale) : normalised;
  return offset ? apply('Add', scaled, offset) : scaled;
};

export const normalisation: KernelTable = { FusedBatchNorm: batchNorm };
