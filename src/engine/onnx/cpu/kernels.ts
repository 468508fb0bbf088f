/** Kernels in the form that suits a CPU: convolutions in blocks, large batches in parts, and few passes over memory. */
import type { StepAttrs } from '@tensorflow/tfjs';
import { inImageParts } from '../image-parts.js';
import { activation } from '../kernels/activation.js';
import { convolution } from '../kernels/convolution.js';
import { eachElement } from '../kernels/elementwise.js';
import type { Kernel, KernelTable } from '../kernels/kernel.js';
import { pooling } from '../kernels/pooling.js';
import { blockedKernels } from './blocked-kernels.js';

/**
 * 1 where x > 0, else 0, in one vectorised pass: min(1, max(0, 2¹²⁶·x)). A comparison and a cast take two, of which the
 * cast is the slowest pass in a step. Numbers below 2⁻¹²⁶, which float32 holds in reduced precision, count in part.
 */
const step: Kernel<'x', Partial<StepAttrs>> = (graph, inputs, attributes) => {
  if (attributes.alpha || inputs.x.dtype !== 'float32') return activation.Step(graph, inputs, attributes);
  const slope = { alpha: { float: 2 ** 126 }, beta: { float: 0 } };
  return eachElement(inputs.x, (name) => graph.node('HardSigmoid', [name], slope));
};

/** 16 MiB of float32, in whole blocks of the blocked convolutions. */
const PARTS = { elements: 2 ** 22, images: 16 };

/** @param block channels in a block of blocked convolutions; null where there are none. */
export function cpuKernels(block: number | null): KernelTable {
  const images = { ...convolution, ...pooling, ...(block !== null && blockedKernels(block)) };
  return { ...inImageParts(images, PARTS), Step: step };
}
