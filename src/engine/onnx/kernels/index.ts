/** Every tfjs kernel that the ONNX engine knows. */
import { activation } from './activation.js';
import { convolution } from './convolution.js';
import { depthwiseConvolution } from './depthwise.js';
import { elementwise } from './elementwise.js';
import type { KernelTable } from './kernel.js';
import { matrix } from './matrix.js';
import { pooling } from './pooling.js';
import { reduction } from './reduction.js';
import { shape } from './shape.js';

export const ALL_KERNELS: KernelTable = {
  ...elementwise,
  ...activation,
  ...reduction,
  ...shape,
  ...matrix,
  ...convolution,
  ...depthwiseConvolution,
  ...pooling,
};
