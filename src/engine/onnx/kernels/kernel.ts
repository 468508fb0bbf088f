/** What a kernel is: one tfjs op, written as ONNX nodes. */
import { util } from '@tensorflow/tfjs';
import { at } from '../../../support/at.js';
import type { GraphBuilder } from '../graph.js';
import type { Traced } from '../traced.js';

type Result = Traced | Traced[];

/** `Names` are tfjs's names of its operands, `Attributes` tfjs's type of what else the op is given. */
export type Kernel<Names extends string = string, Attributes = object, R extends Result = Traced> = {
  // A method: a table may then hold kernels of different operands, as tfjs does.
  write(graph: GraphBuilder, inputs: Readonly<Record<Names, Traced>>, attributes: Attributes): R;
}['write'];

/** Kernels by the name tfjs gives them. */
export type KernelTable = Readonly<Record<string, Kernel<string, object, Result>>>;

/** The axis that an attribute names, which may count from the end. */
export const axisOf = (axis: number | number[], shape: readonly number[]): number =>
  at(util.parseAxisParam(axis, [...shape]), 0);

/** A kernel in its place in a table. */
export const kernel = <Names extends string = string, Attributes = object, R extends Result = Traced>(
  write: Kernel<Names, Attributes, R>,
) => write;
