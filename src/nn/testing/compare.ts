/** How far a tensor is from what PyTorch recorded of it. */
import type { HostArray } from '../../engine/engine.js';
import type { Slot } from '../layout.js';
import { samplePositions } from './fill.js';

/** A tensor's L2 norm and its entries at the positions that `samplePositions` gives for its stream. */
export interface Summary {
  readonly norm: number;
  readonly samples: readonly number[];
}

export interface Deviation {
  /** What deviates, e.g. `train: gradient of conv1.weight`. */
  readonly what: string;
  /** The difference in units of the tolerance: above 1 the model disagrees with PyTorch. */
  readonly ratio: number;
}

export interface Tolerance {
  readonly seed: number;
  /** Relative to a number, or to the root mean square of the tensor it is in where that is larger. */
  readonly relative: number;
}

export function compareNumber(what: string, actual: number, target: number, { relative }: Tolerance): Deviation {
  return { what, ratio: deviation(actual, target, relative * Math.abs(target)) };
}

/** `floor` is the least norm that counts: what is smaller is rounding and has no scale of its own. */
export function compareTensor(
  what: string,
  values: HostArray,
  { norm, samples }: Summary,
  stream: number,
  { seed, relative }: Tolerance,
  floor = 0,
): Deviation {
  const scale = Math.max(norm, floor);
  const typical = scale / Math.sqrt(values.length);
  const positions = samplePositions(seed, stream, samples.length, values.length);
  const entries = positions.map((position, i) => {
    const target = samples[i]!;
    return deviation(values[position]!, target, relative * Math.max(Math.abs(target), typical));
  });
  return { what, ratio: Math.max(deviation(l2Norm(values), norm, relative * scale), ...entries) };
}

/** Each tensor of a flat vector; their streams count from `firstStream`. */
export function compareSlots(
  what: string,
  slots: readonly Slot[],
  flat: HostArray,
  targets: Readonly<Record<string, Summary>>,
  firstStream: number,
  tolerance: Tolerance,
): Deviation[] {
  // The gradient of a bias before batch normalisation is zero but for rounding.
  const floor = 1e-3 * Math.hypot(...Object.values(targets).map(({ norm }) => norm));
  return slots.map(({ name, offset, size }, index) => {
    const target = targets[name];
    if (!target) throw new Error(`the golden has no ${what} ${name}`);
    const values = flat.subarray(offset, offset + size);
    return compareTensor(`${what} ${name}`, values, target, firstStream + index, tolerance, floor);
  });
}

function deviation(actual: number, target: number, allowed: number): number {
  const difference = Math.abs(actual - target);
  return Number.isNaN(difference) ? Infinity : difference / allowed;
}

function l2Norm(values: HostArray): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum);
}
