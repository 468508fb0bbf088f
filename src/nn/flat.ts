/** Between the flat vector and the named tensors in it. */
import * as tf from '@tensorflow/tfjs';
import type { NamedTensors } from '../engine/engine.js';
import { tensorNamed } from './layer.js';
import type { Slot } from './layout.js';

/** The named tensors of a flat vector [size], by one split, whose gradient is one concatenation. */
export function split(flat: tf.Tensor1D, slots: readonly Slot[]): NamedTensors {
  if (slots.length === 0) return {};
  const pieces = tf.split(
    flat,
    slots.map(({ size }) => size),
  );
  return Object.fromEntries(slots.map(({ name, shape }, index) => [name, tf.reshape(pieces[index]!, [...shape])]));
}

/** The flat vector of the named tensors: the inverse of `split`. */
export function join(tensors: NamedTensors, slots: readonly Slot[]): tf.Tensor1D {
  if (slots.length === 0) return tf.zeros([0]);
  return tf.concat(slots.map(({ name, size }) => tf.reshape(tensorNamed(tensors, name), [size]))) as tf.Tensor1D;
}
