import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import type { Signature, TensorFunction } from '../flat.js';
import { offsetsOf } from './pieces.js';
import { trace } from './tracer.js';

const vector = (length: number) => ({ shape: [length], dtype: 'float32' }) as const;

function traceOf(fn: TensorFunction, signature: Signature, pieces = true) {
  const { graph, inputs, outputs } = trace(fn, signature, { pieces });
  return {
    ops: graph.nodes.map(({ op }) => op),
    inputs: inputs.map(({ source, offset, shape }) => `${source} ${offset}+${shape}`).sort(),
    outputs: Object.entries(outputs).flatMap(([name, parts]) =>
      parts.map(({ offset, shape }) => `${name} ${offset}+${shape}`),
    ),
  };
}

test('offsetsOf', () => {
  expect(offsetsOf([3, 0, 4])).toEqual([0, 3, 3]);
  expect(offsetsOf([])).toEqual([]);
});

describe('what needs no copy', () => {
  test('an input is fed in the pieces it is split into', () => {
    const fn: TensorFunction = ({ w }) => {
      const [a, b] = tf.split(w!, [2, 4]) as [tf.Tensor, tf.Tensor];
      return { a: tf.exp(a), b: tf.neg(b) };
    };
    expect(traceOf(fn, { w: vector(6) })).toEqual({
      ops: ['Exp', 'Neg'],
      inputs: ['w 0+2', 'w 2+4'],
      outputs: ['a 0+2', 'b 0+4'],
    });
  });

  test('a step is taken piece by piece from split to output', () => {
    const fn: TensorFunction = ({ w, rate }) => {
      const loss = (flat: tf.Tensor) => {
        const [a, b] = tf.split(flat, [2, 4]) as [tf.Tensor, tf.Tensor];
        return tf.add(tf.sum(tf.square(a)), tf.sum(tf.exp(b))) as tf.Scalar;
      };
      return { w: tf.sub(w!, tf.mul(tf.grad(loss)(w!), rate!)) };
    };
    const { ops, inputs, outputs } = traceOf(fn, { w: vector(6), rate: { shape: [], dtype: 'float32' } });
    expect(ops).not.toContain('Split');
    expect(ops).not.toContain('Concat');
    expect(inputs).toEqual(['rate 0+', 'w 0+2', 'w 2+4']);
    expect(outputs).toEqual(['w 0+2', 'w 2+4']);
  });

  test('a very long vector is computed in slices, wherever it is cut', () => {
    const fn: TensorFunction = ({ v, g }) => ({ v: tf.add(tf.mul(v!, 0.9), g!) });
    const { ops, outputs } = traceOf(fn, { v: vector(2 ** 18 + 5), g: vector(2 ** 18 + 5) });
    expect(ops.sort()).toEqual(['Add', 'Add', 'Mul', 'Mul']);
    expect(outputs).toEqual(['v 0+262144', 'v 262144+5']);
    expect(traceOf(fn, { v: vector(2 ** 18), g: vector(2 ** 18) }).ops).toEqual(['Mul', 'Add']);
  });

  test('a concatenation is fetched in its parts, and split along its seams gives them back', () => {
    const fn: TensorFunction = ({ a, b }) => {
      const joined = tf.concat([a!, tf.exp(b!)]);
      return { joined, first: tf.neg(tf.split(joined, [2, 3])[0]!) };
    };
    expect(traceOf(fn, { a: vector(2), b: vector(3) })).toEqual({
      ops: ['Exp', 'Neg', 'Identity'],
      inputs: ['a 0+2', 'b 0+3'],
      outputs: ['joined 0+2', 'joined 2+3', 'first 0+2'],
    });
  });
});

describe('what does', () => {
  test('a vector used whole is fed whole, beside its pieces', () => {
    const fn: TensorFunction = ({ w }) => ({ sum: tf.sum(w!), a: tf.exp(tf.split(w!, 2)[0]!) });
    expect(traceOf(fn, { w: vector(6) }).inputs).toEqual(['w 0+3', 'w 0+6']);
  });

  test('a concatenation cut across its seams, and one that is needed whole', () => {
    const across: TensorFunction = ({ a, b }) => ({ y: tf.exp(tf.split(tf.concat([a!, b!]), [1, 4])[1]!) });
    expect(traceOf(across, { a: vector(2), b: vector(3) }).ops).toEqual(['Concat', 'Split', 'Exp']);
    const whole: TensorFunction = ({ a, b }) => ({ y: tf.sum(tf.concat([a!, b!])) });
    expect(traceOf(whole, { a: vector(2), b: vector(3) }).ops).toEqual(['Concat', 'ReduceSum']);
  });

  test('operands whose seams differ', () => {
    const fn: TensorFunction = ({ a, b, c, d }) => ({ y: tf.add(tf.concat([a!, b!]), tf.concat([c!, d!])) });
    const signature = { a: vector(2), b: vector(3), c: vector(1), d: vector(4) };
    expect(traceOf(fn, signature)).toMatchObject({ ops: ['Concat', 'Concat', 'Add'], outputs: ['y 0+5'] });
  });

  test('matrices', () => {
    const fn: TensorFunction = ({ m }) => ({ y: tf.exp(tf.split(m!, 2)[0]!) });
    expect(traceOf(fn, { m: { shape: [4, 2], dtype: 'float32' } }).ops).toEqual(['Split', 'Exp']);
  });

  test('everything, on a device that does not share the host’s memory', () => {
    const fn: TensorFunction = ({ w }) => ({ y: tf.concat(tf.split(w!, 2).map((part) => tf.exp(part))) });
    expect(traceOf(fn, { w: vector(6) }, false)).toEqual({
      ops: ['Split', 'Exp', 'Exp', 'Concat'],
      inputs: ['w 0+6'],
      outputs: ['y 0+6'],
    });
  });
});
