/** Batch normalisation with given moments. */
import type { FusedBatchNormAttrs } from '@tensorflow/tfjs';
import type { Traced } from '../traced.js';
import { combined, eachElement } from './elementwise.js';
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
  const deviation = eachElement(variance, (name) => {
    return graph.node('Sqrt', [graph.node('Add', [name, graph.float(varianceEpsilon)])]);
  });
  const normalised = combined(graph, 'Div', combined(graph, 'Sub', x, mean), deviation);
  const scaled = scale ? combined(graph, 'Mul', normalised, scale) : normalised;
  return offset ? combined(graph, 'Add', scaled, offset) : scaled;
};

export const normalisation = { FusedBatchNorm: batchNorm } satisfies KernelTable;
