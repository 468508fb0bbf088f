import { convolution } from './convolution.js';
import { elementwise } from './elementwise.js';
import type { KernelTable } from './kernel.js';
import { matrix } from './matrix.js';
import { pooling } from './pooling.js';
import { reduction } from './reduction.js';
import { shape } from './shape.js';

/** Every tfjs kernel the ONNX engine knows. */
export const ALL_KERNELS: KernelTable = {
  ...elementwise,
  ...reduction,
  ...shape,
  ...matrix,
  ...convolution,
  ...pooling,
};
