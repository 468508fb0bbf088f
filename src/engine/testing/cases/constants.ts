/** Constants and values that are one number everywhere, which an engine may fold into what uses them. */
import * as tf from '@tensorflow/tfjs';
import { type ConformanceCase, floats, forward, ints, numbers, withGradients } from '../case.js';

export const constants: readonly ConformanceCase[] = [
  withGradients(
    'constants: filled tensors beside varied ones',
    [floats([2, 3]), floats([3]), floats([2, 3, 4])],
    (a, b, c) => {
      const ones = tf.onesLike(a!);
      const moved = tf.transpose(c!, [2, 0, 1]);
      return [
        tf.mul(a!, tf.fill([2, 3], 2)),
        tf.sub(tf.fill([2, 3], 2), a!),
        // The result is larger than what varies in it.
        tf.add(b!, ones),
        tf.mul(tf.fill([4, 2, 3], 3), b!),
        tf.mul(tf.fill([5, 1], 3), b!),
        tf.div(tf.zerosLike(moved), tf.add(moved, 3)),
        tf.add(tf.transpose(tf.onesLike(moved)), tf.transpose(moved)),
        tf.mul(tf.tile(tf.fill([1, 3], 2), [2, 1]), a!),
        tf.mul(tf.reshape(tf.fill([6], 2), [2, 3]), a!),
        tf.maximum(a!, tf.zerosLike(a!)),
      ];
    },
  ),

  withGradients('constants: filled tensors by themselves', [floats([2, 3])], (x) => {
    const twos = tf.fill([2, 3], 2);
    const columns = tf.fill([2, 1], 3);
    return [
      tf.add(x!, tf.mul(twos, columns)),
      tf.add(x!, tf.sum(twos)),
      tf.add(x!, tf.sum(twos, 0)),
      tf.add(x!, tf.mean(tf.mul(twos, 3), 1, true)),
      tf.matMul(x!, twos, false, true),
      tf.concat([x!, twos, tf.zerosLike(x!)]),
      tf.mul(x!, tf.slice(twos, [0, 1], [2, 1])),
      tf.mul(
        x!,
        tf.pad(
          columns,
          [
            [0, 0],
            [1, 1],
          ],
          5,
        ),
      ),
      tf.where(tf.equal(twos, 2), x!, twos),
      tf.mul(x!, tf.cast(tf.greater(twos, 1), 'float32')),
      tf.add(x!, tf.square(tf.neg(twos))),
      ...tf.split(tf.add(x!, tf.concat([columns, columns, columns], 1)), 3, 1),
    ];
  }),

  withGradients('constants: gradients of sums and means alone', [floats([2, 3]), floats([4])], (x, v) => [
    tf.sum(x!),
    tf.mean(tf.transpose(x!), 0),
    tf.sum(tf.concat([v!, v!])),
    tf.sum(tf.transpose(tf.mul(x!, 2)), [0, 1], true),
  ]),

  forward('constants: as outputs', [floats([2]), ints([2])], (x, i) => [
    tf.fill([2, 3], 1.5),
    tf.transpose(tf.fill([2, 3], 1.5)),
    tf.add(tf.fill([2, 1], 1), tf.fill([1, 3], 2)),
    tf.mul(tf.zerosLike(x!), tf.onesLike(x!)),
    tf.mul(tf.onesLike(i!), tf.fill([2], 3, 'int32')),
    tf.sum(tf.ones([4, 5])),
    tf.reshape(tf.zerosLike(x!), [2, 1]),
    tf.cast(tf.fill([3], 2.7), 'int32'),
    tf.zeros([100]),
    tf.tensor2d(numbers(100), [10, 10]),
  ]),

  withGradients('constants: one that is used whole, transposed and reshaped', [floats([10, 10])], (x) => {
    const constant = tf.tensor2d(numbers(100), [10, 10]);
    return [
      tf.matMul(x!, constant),
      tf.mul(x!, tf.transpose(constant)),
      tf.mul(tf.reshape(x!, [100]), tf.reshape(constant, [100])),
    ];
  }),
];
