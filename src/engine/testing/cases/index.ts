/** All conformance cases. */
import type { ConformanceCase } from '../case.js';
import { constants } from './constants.js';
import { convolution } from './convolution.js';
import { elementwise } from './elementwise.js';
import { layout } from './layout.js';
import { matrix } from './matrix.js';
import { network } from './network.js';
import { flatVectors } from './pieces.js';
import { pooling } from './pooling.js';
import { reduction } from './reduction.js';
import { shape } from './shape.js';

/** Every conformance case. */
export const CASES: readonly ConformanceCase[] = [
  ...elementwise,
  ...reduction,
  ...shape,
  ...matrix,
  ...convolution,
  ...pooling,
  ...constants,
  ...layout,
  ...flatVectors,
  ...network,
];
