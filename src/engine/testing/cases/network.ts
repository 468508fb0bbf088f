/** What a user's own network is made of, beyond single ops. */
import * as tf from '@tensorflow/tfjs';
import { type ConformanceCase, floats, forward, given, withGradients } from '../case.js';

type Vector = tf.Tensor1D;

const normalisation = [
  withGradients(
    'network: batchNorm with given moments, ranks 2 to 4',
    [
      floats([4, 3]),
      floats([2, 4, 3]),
      floats([2, 2, 4, 3]),
      floats([3]),
      floats([3], 0.5, 2),
      floats([3]),
      floats([3]),
    ],
    (two, three, four, mean, variance, offset, scale) =>
      [two!, three!, four!].map((x) =>
        tf.batchNorm(x, mean! as Vector, variance! as Vector, offset! as Vector, scale! as Vector, 1e-3),
      ),
  ),
  // tfjs cannot differentiate it without a scale.
  forward('network: batchNorm without scale and offset', [floats([4, 3]), floats([3]), floats([3], 1, 2)], (x, m, v) =>
    tf.batchNorm(x!, m! as Vector, v! as Vector),
  ),
];

const layerNorm = withGradients('network: layer normalisation', [floats([3, 4, 5])], (x) => {
  const { mean, variance } = tf.moments(x!, -1, true);
  return tf.mul(tf.sub(x!, mean), tf.rsqrt(tf.add(variance, 1e-5)));
});

const attention = withGradients(
  'network: attention with two heads',
  [floats([2, 5, 6]), floats([6, 18], -0.5, 0.5), floats([6, 6], -0.5, 0.5)],
  (x, weights, output) => {
    const projected = tf.reshape(tf.matMul(tf.reshape(x!, [10, 6]), weights!), [2, 5, 3, 2, 3]);
    // [batch, position, q k v, head, depth] to one [batch · head, position, depth] each.
    const [q, k, v] = tf.unstack(tf.transpose(projected, [2, 0, 3, 1, 4])).map((part) => tf.reshape(part, [4, 5, 3]));
    const weighted = tf.matMul(tf.softmax(tf.matMul(q!, k!, false, true)), v!);
    const joined = tf.reshape(tf.transpose(tf.reshape(weighted, [2, 2, 5, 3]), [0, 2, 1, 3]), [10, 6]);
    return tf.reshape(tf.matMul(joined, output!), [2, 5, 6]);
  },
);

const embedding = withGradients(
  'network: embedding, recurrent cell and cross-entropy',
  [floats([7, 4]), given([2, 3], [1, 5, 0, 6, 6, 2], 'int32'), floats([8, 4], -1, 1), floats([4])],
  (table, tokens, weights, bias) => {
    const words = tf.unstack(tf.gather(table!, tokens!), 1);
    const state = words.reduce(
      (h, word) => tf.tanh(tf.add(tf.matMul(tf.concat([word, h], 1), weights!), bias!)),
      tf.zeros([2, 4]),
    );
    const labels = tf.oneHot(tf.tensor1d([1, 3], 'int32'), 4);
    return tf.neg(tf.sum(tf.mul(tf.cast(labels, 'float32'), tf.logSoftmax(state))));
  },
);

export const network: readonly ConformanceCase[] = [...normalisation, layerNorm, attention, embedding];
