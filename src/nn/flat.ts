/** Between the flat vector and the named tensors in it. */
import * as tf from '@tensorflow/tfjs';
import type { NamedTensors } from '../engine/engine.js';
import { at, named } from '../support/at.js';
import type { Layout, ParameterSlot, Slot } from './layout.js';

/** Vectors from this size on are split off alone; smaller neighbours stay together, so that updates are few and long. */
const LARGE = 16_384;

/**
 * The named tensors of a flat vector [size]: split into large tensors and runs of small ones, and those runs again. The
 * gradient of a split is a concatenation, so an update of the whole vector runs over a few long pieces.
 */
export function split(flat: tf.Tensor1D, slots: readonly Slot[]): NamedTensors {
  if (slots.length === 0) return {};
  const runs = runsOf(slots);
  const sizes = runs.map((run) => run.map(({ size }) => size));
  const pieces = splitBy(
    flat,
    sizes.map((each) => each.reduce((total, size) => total + size)),
  );
  const tensors = sizes.flatMap((each, i) => splitBy(at(pieces, i), each));
  return Object.fromEntries(slots.map(({ name, shape }, index) => [name, tf.reshape(at(tensors, index), [...shape])]));
}

function splitBy(vector: tf.Tensor, sizes: readonly number[]): tf.Tensor[] {
  return sizes.length === 1 ? [vector] : tf.split(vector, [...sizes]);
}

function runsOf(slots: readonly Slot[]): Slot[][] {
  const runs: Slot[][] = [];
  for (const slot of slots) {
    const open = runs.at(-1);
    const joins = open && slot.size < LARGE && at(open, 0).size < LARGE;
    if (joins) open.push(slot);
    else runs.push([slot]);
  }
  return runs;
}

/** The flat vector of the named tensors: the inverse of `split`, concatenated in the same two levels. */
export function join(tensors: NamedTensors, slots: readonly Slot[]): tf.Tensor1D {
  if (slots.length === 0) return tf.zeros([0]);
  const vectors = runsOf(slots).map((run) =>
    concat(run.map(({ name, size }) => tf.reshape(named(tensors, name), [size]))),
  );
  return concat(vectors);
}

/** A flat vector made of two others, parameter by parameter. */
export function eachParameter(
  layout: Layout,
  vectors: readonly [tf.Tensor1D, tf.Tensor1D],
  make: (first: tf.Tensor, second: tf.Tensor, slot: ParameterSlot) => tf.Tensor,
): tf.Tensor1D {
  const [first, second] = [split(vectors[0], layout.parameters), split(vectors[1], layout.parameters)];
  const made = layout.parameters.map((slot) => {
    const { name } = slot;
    return [name, make(named(first, name), named(second, name), slot)] as const;
  });
  return join(Object.fromEntries(made), layout.parameters);
}

function concat(vectors: tf.Tensor[]): tf.Tensor1D {
  return (vectors.length === 1 ? at(vectors, 0) : tf.concat(vectors)) as tf.Tensor1D;
}
