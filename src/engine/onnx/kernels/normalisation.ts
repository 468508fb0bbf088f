/** Batch normalisation with given moments. */
import type { FusedBatchNormAttrs } from '@tensorflow/tfjs';
import type { Traced } from '../traced.js';
import { binary, unary } from './elementwise.js';
import type { Kernel, KernelTable } from './kernel.js';

/** `tf.batchNorm` with given moments: (x − mean)·scale/√(variance + ε) + offset. tfjs composes its gradient. */
const batchNorm: Kernel<'x' | 'mean' | 'variance', FusedBatchNormAttrs> = (
  graph,
  {
    x,
    mean,
    variance,
    scale,
    offset,
  }: Readonly<Record<'x' | 'mean' | 'variance', Traced> & Partial<Record<'scale' | 'offset', Traced>>>,
  { varianceEpsilon },
) => {
  const apply = (op: string, a: Traced, b: Traced) => binary(op)(graph, { a, b }, {});
  const deviation = unary((g, name) => g.node('Sqrt', [g.node('Add', [name, g.float(varianceEpsilon)])]));
  const divisor = deviation(graph, { x: variance }, {});
  const normalised = apply('Div', apply('Sub', x, mean), divisor);
  const scaled = scale ? apply('Mul', normalised, scale) : normalised;
  return offset ? apply('Add', scaled, offset) : scaled;
};

export const normalisation = { FusedBatchNorm: batchNorm } satisfies KernelTable;
