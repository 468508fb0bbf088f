/** Kernels in the form that suits a CPU: convolutions and max pools in blocks, and large batches in parts. */
import { inImageParts } from '../image-parts.js';
import { steepStep } from '../kernels/activation.js';
import { convolution } from '../kernels/convolution.js';
import type { KernelTable } from '../kernels/kernel.js';
import { pooling } from '../kernels/pooling.js';
import { blockedKernels } from './blocked-kernels.js';
import { blockedMaxPool } from './blocked-max-pool.js';

/** 16 MiB of float32, in whole blocks of the blocked convolutions. */
const PARTS = { elements: 2 ** 22, images: 16 };

/** @param block channels in a block of blocked convolutions; null where there are none. */
export function cpuKernels(block: number | null): KernelTable {
  const images = {
    ...convolution,
    ...pooling,
    ...(block !== null && { ...blockedKernels(block), ...blockedMaxPool(block) }),
  };
  return { ...inImageParts(images, PARTS), Step: steepStep };
}
