import type { GraphBuilder } from '../graph.js';
import type { Traced } from '../traced.js';

/** Writes one tfjs kernel call as ONNX nodes. */
export type Kernel = (
  graph: GraphBuilder,
  inputs: Readonly<Record<string, Traced>>,
  attributes: Readonly<Record<string, unknown>>,
) => Traced | Traced[];

/** Kernels by the name tfjs gives them. */
export type KernelTable = Readonly<Record<string, Kernel>>;
