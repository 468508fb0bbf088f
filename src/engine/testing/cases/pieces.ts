/** Flat vectors that are split and concatenated: what engines may do without copies, and where they may not. */
import * as tf from '@tensorflow/tfjs';
import type { NamedTensors } from '../../engine.js';
import { type CaseInput, type ConformanceCase, floats, given, ints, numbers } from '../case.js';

/** A network of two layers with its parameters in one vector of 3·4 + 4 + 4·2 numbers. */
const SIZES = [12, 4, 8];
const LENGTH = 24;

function loss(flat: tf.Tensor, x: tf.Tensor): tf.Scalar {
  const [first, bias, second] = tf.split(flat, SIZES) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const hidden = tf.tanh(tf.add(tf.matMul(x, tf.reshape(first, [4, 3]), false, true), bias));
  return tf.mean(tf.square(tf.matMul(hidden, tf.reshape(second, [4, 2])))) as tf.Scalar;
}

const gradient = (flat: tf.Tensor, x: tf.Tensor) => tf.grad((w) => loss(w, x))(flat);

const vector = (start: number, length = LENGTH): CaseInput => floats([length], -1, 1, start);
const x = floats([5, 3], -1, 1);

function pieces(
  name: string,
  inputs: Readonly<Record<string, CaseInput>>,
  fn: (inputs: Record<string, tf.Tensor>) => NamedTensors,
): ConformanceCase {
  const float = (y: tf.Tensor) => (y.dtype === 'float32' ? y : tf.cast(y, 'float32'));
  return {
    name: `pieces: ${name}`,
    inputs,
    fn: (tensors) => Object.fromEntries(Object.entries(fn({ ...tensors })).map(([key, y]) => [key, float(y)])),
  };
}

export const flatVectors: readonly ConformanceCase[] = [
  pieces('gradient and update of a split vector', { w: vector(1), x }, ({ w, x }) => {
    const g = gradient(w!, x!);
    return { g, w: tf.sub(w!, tf.mul(g, 0.1)) };
  }),

  pieces(
    'perturbation and Adam',
    { w: vector(1), noise: vector(2), m: vector(3), v: vector(4), x, rate: floats([]) },
    ({ w, noise, m, v, x, rate }) => {
      const g = gradient(tf.add(w!, tf.mul(noise!, 0.1)), x!);
      const first = tf.add(tf.mul(m!, 0.9), tf.mul(g, 0.1));
      const second = tf.add(tf.mul(tf.square(v!), 0.99), tf.mul(tf.square(g), 0.01));
      const step = tf.div(first, tf.add(tf.sqrt(second), 1e-3));
      return { w: tf.sub(w!, tf.mul(step, rate!)), m: first, v: second };
    },
  ),

  pieces('the norm needs the whole gradient, the update its pieces', { w: vector(1), x }, ({ w, x }) => {
    const g = gradient(w!, x!);
    const norm = tf.norm(g);
    return { norm, w: tf.sub(w!, tf.mul(g, tf.minimum(tf.div(0.1, norm), 1))), sum: tf.sum(w!) };
  }),

  pieces('one input whole, split, and split otherwise', { w: vector(1) }, ({ w }) => {
    const [a, b] = tf.split(w!, [10, 14]) as [tf.Tensor, tf.Tensor];
    const [c, d] = tf.split(b, [4, 10]) as [tf.Tensor, tf.Tensor];
    const thirds = tf.split(w!, 3);
    return {
      whole: tf.mul(w!, 2),
      dot: tf.dot(a, d),
      c: tf.exp(c),
      thirds: tf.stack(thirds),
      matrix: tf.reshape(w!, [4, 6]),
    };
  }),

  pieces('split of a split: the same pieces from two sides', { w: vector(1), v: vector(2) }, ({ w, v }) => {
    const [a, b] = tf.split(tf.mul(w!, v!), [16, 8]) as [tf.Tensor, tf.Tensor];
    const parts = [...tf.split(a, [12, 4]), b];
    return { joined: tf.concat(parts.map((part, i) => tf.mul(part, i + 1))), ofConcat: tf.concat([a, b]) };
  }),

  pieces(
    'concatenations taken apart again, along the seams and across',
    { a: vector(1, 3), b: vector(2, 5) },
    ({ a, b }) => {
      const joined = tf.mul(tf.concat([a!, tf.neg(b!)]), 3);
      const along = tf.split(joined, [3, 5]);
      const across = tf.split(joined, [4, 4]);
      return {
        joined,
        along0: along[0]!,
        along1: tf.square(along[1]!),
        across0: across[0]!,
        across1: tf.square(across[1]!),
      };
    },
  ),

  pieces('sums of vectors with different seams', { a: vector(1, 8), b: vector(2, 8) }, ({ a, b }) => {
    const seams = (v: tf.Tensor, sizes: number[]) => tf.concat(tf.split(v, sizes).map((part) => tf.square(part)));
    const sum = tf.add(seams(a!, [3, 5]), seams(b!, [4, 4]));
    return { sum, parts: tf.concat(tf.split(sum, [3, 5]).map((part) => tf.exp(part))) };
  }),

  pieces('vectors of one number', { a: vector(1, 1), b: vector(2, 6), s: floats([]) }, ({ a, b, s }) => {
    const scaled = tf.mul(b!, a!);
    const [head, tail] = tf.split(scaled, [1, 5]) as [tf.Tensor, tf.Tensor];
    const ones = tf.split(tf.concat([a!, tf.reshape(s!, [1])]), 2);
    return {
      scaled,
      head: tf.add(head, a!),
      tail: tf.add(tail, s!),
      one: tf.mul(ones[0]!, ones[1]!),
      square: tf.square(a!),
    };
  }),

  pieces('pieces of comparisons and conversions', { w: vector(1), i: ints([LENGTH]) }, ({ w, i }) => {
    const kept = tf.cast(tf.greater(w!, 0), 'float32');
    const parts = tf.split(tf.mul(w!, kept), SIZES);
    const [a, b] = tf.split(tf.add(i!, 1), [20, 4]) as [tf.Tensor, tf.Tensor];
    return { joined: tf.concat(parts.map((part) => tf.relu(part))), integers: tf.concat([b, a]), i: tf.mul(i!, i!) };
  }),

  pieces(
    'outputs that are inputs, constants, the same tensor twice',
    { w: vector(1), x, i: ints([3]) },
    ({ w, x, i }) => {
      const y = tf.tanh(w!);
      const [a, b] = tf.split(w!, [20, 4]) as [tf.Tensor, tf.Tensor];
      return {
        ...{ w: w!, w2: w!, y, y2: y, x: x!, i: i!, a, b, transposed: tf.transpose(x!) },
        ...{
          constant: tf.tensor1d([1, 2, 3]),
          large: tf.tensor1d(numbers(100)),
          scalar: tf.scalar(4),
          again: tf.scalar(4),
        },
        ...{ zeros: tf.zerosLike(x!), reshaped: tf.reshape(y, [4, 6]), clone: tf.clone(y) },
      };
    },
  ),

  pieces(
    'names that could be the graph’s own',
    { v0: vector(1), c1: vector(2), v2: vector(3), x },
    ({ x, ...inputs }) => {
      const sum = tf.addN(Object.values(inputs));
      return { v0: sum, v1: tf.mul(sum, 2), c0: tf.add(sum, 1), 'v0@0': tf.concat([sum, sum]), w: gradient(sum, x!) };
    },
  ),

  pieces('empty vectors', { w: vector(1), none: given([0], []) }, ({ w, none }) => {
    const [a, empty, b] = tf.split(w!, [10, 0, 14]) as [tf.Tensor, tf.Tensor, tf.Tensor];
    return {
      ...{
        none: none!,
        double: tf.mul(none!, 2),
        joined: tf.concat([a, none!, tf.square(b)]),
        empty: tf.add(empty, none!),
      },
      ...{ sum: tf.sum(none!), zeros: tf.zeros([0]) },
    };
  }),
];
