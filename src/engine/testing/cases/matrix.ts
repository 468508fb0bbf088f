/** Conformance cases: matrix products. */
import * as tf from '@tensorflow/tfjs';
import { type ConformanceCase, floats, forward, ints, withGradients } from '../case.js';

const FLAGS = [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
] as const;

/** [rows, inner, columns]: square, wide, tall, and with extents of 1. */
const SIZES = [
  [3, 3, 3],
  [2, 3, 7],
  [7, 3, 2],
  [1, 4, 5],
  [5, 4, 1],
  [4, 1, 3],
  [1, 1, 1],
  [1, 6, 1],
  [33, 17, 9],
] as const;

const shaped = (transpose: boolean, rows: number, columns: number) => (transpose ? [columns, rows] : [rows, columns]);

const products = FLAGS.flatMap(([transposeA, transposeB]) => {
  const flags = `${transposeA ? 'aᵀ' : 'a'}·${transposeB ? 'bᵀ' : 'b'}`;
  const operands = SIZES.flatMap(([rows, inner, columns], i) => [
    floats(shaped(transposeA, rows, inner), -1, 1, 3 * i),
    floats(shaped(transposeB, inner, columns), -1, 1, 3 * i + 1),
  ]);
  const product = (a: tf.Tensor, b: tf.Tensor) => tf.matMul(a, b, transposeA, transposeB);
  return [
    withGradients(`matrix: ${flags}`, operands, (...x) => SIZES.map((_, i) => product(x[2 * i]!, x[2 * i + 1]!))),
    withGradients(`matrix: ${flags}, operands and result transposed`, operands, (...x) =>
      SIZES.map((_, i) => {
        // The same product, of operands whose axes do not lie in memory as their shapes say.
        const stored = (operand: tf.Tensor) => tf.square(tf.transpose(operand));
        return tf.transpose(product(tf.transpose(stored(x[2 * i]!)), tf.transpose(stored(x[2 * i + 1]!))));
      }),
    ),
  ];
});

const chains = [
  withGradients('matrix: products of products', [floats([4, 3]), floats([3, 5]), floats([5, 2])], (a, b, c) => {
    const ab = tf.matMul(a!, b!);
    return [
      tf.matMul(ab, c!),
      tf.matMul(tf.relu(ab), tf.relu(ab), true),
      tf.matMul(ab, ab, false, true),
      tf.matMul(tf.transpose(ab), tf.add(ab, 1)),
    ];
  }),
  withGradients(
    'matrix: with bias, tall and wide',
    [floats([6, 3]), floats([3, 2]), floats([2]), floats([3, 7]), floats([7]), floats([6])],
    (x, tall, bias, wide, wideBias, column) => {
      const product = tf.matMul(x!, tall!);
      return [
        tf.add(product, bias!),
        tf.add(bias!, product),
        tf.add(tf.matMul(x!, wide!), wideBias!),
        tf.add(tf.add(product, bias!), bias!),
        // Bias along the other axis, of the transposed product, and of a product used twice.
        tf.add(tf.transpose(product), column!),
        tf.add(product, tf.reshape(column!, [6, 1])),
        tf.mul(tf.add(product, bias!), product),
        tf.add(tf.reshape(product, [2, 6]), column!),
        tf.add(product, 1),
      ];
    },
  ),
  withGradients(
    'matrix: bias of one column or one row',
    [floats([6, 3]), floats([3, 1]), floats([1]), floats([1, 3]), floats([3, 4]), floats([4])],
    (x, column, bias, row, wide, wideBias) => [
      tf.add(tf.matMul(x!, column!), bias!),
      tf.add(tf.matMul(row!, wide!), wideBias!),
      tf.add(tf.matMul(row!, column!), bias!),
      tf.add(tf.transpose(tf.matMul(row!, wide!)), bias!),
    ],
  ),
  withGradients('matrix: dot and outer product', [floats([4]), floats([4], -1, 1, 1), floats([3, 4])], (a, b, m) => [
    tf.dot(a!, b!),
    tf.dot(m!, a!),
    tf.outerProduct(a! as tf.Tensor1D, b! as tf.Tensor1D),
  ]),
];

const batches = FLAGS.map(([transposeA, transposeB]) =>
  withGradients(
    `matrix: batches, ${transposeA ? 'aᵀ' : 'a'}·${transposeB ? 'bᵀ' : 'b'}`,
    [
      floats([2, ...shaped(transposeA, 3, 4)], -1, 1, 1),
      floats([2, ...shaped(transposeB, 4, 5)], -1, 1, 2),
      floats([1, ...shaped(transposeA, 3, 4)], -1, 1, 3),
      floats([1, ...shaped(transposeB, 4, 5)], -1, 1, 4),
      floats([2, 1, ...shaped(transposeA, 3, 4)], -1, 1, 5),
      floats([2, 1, ...shaped(transposeB, 4, 5)], -1, 1, 6),
    ],
    (a, b, oneA, oneB, fourA, fourB) => {
      const product = (x: tf.Tensor, y: tf.Tensor) => tf.matMul(x, y, transposeA, transposeB);
      const restored = (x: tf.Tensor) => tf.transpose(tf.square(tf.transpose(x, [2, 0, 1])), [1, 2, 0]);
      return [
        product(a!, b!),
        product(oneA!, oneB!),
        product(fourA!, fourB!),
        product(restored(a!), restored(b!)),
        tf.transpose(product(oneA!, oneB!), [2, 0, 1]),
      ];
    },
  ),
);

/** tfjs has no gradients for products that broadcast, and its `cpu` backend gets those wrong where both sides do. */
const broadcast = forward(
  'matrix: batches that broadcast',
  [floats([2, 3, 4]), floats([1, 4, 5]), floats([4, 5]), floats([2, 3, 2, 4])],
  (a, one, matrix, four) => [
    tf.matMul(a!, one!),
    tf.matMul(one!, a!, true, true),
    tf.matMul(a!, matrix!),
    tf.matMul(matrix!, a!, true, true),
    tf.matMul(four!, one!),
  ],
);

/** Large enough for several threads, and for packed blocks with remainders. */
const large = withGradients(
  'matrix: large, tall and wide',
  [floats([130, 67], -0.5, 0.5), floats([67, 33], -0.5, 0.5), floats([67, 150], -0.5, 0.5)],
  (a, tall, wide) => [tf.matMul(a!, tall!), tf.matMul(a!, wide!)],
);

const integers = forward('matrix: int32', [ints([3, 4]), ints([4, 2]), ints([2, 4, 3])], (a, b, batch) => [
  tf.matMul(a!, b!),
  tf.matMul(b!, a!, true, true),
  tf.matMul(batch!, batch!, true, false),
]);

export const matrix: readonly ConformanceCase[] = [...products, ...chains, ...batches, broadcast, large, integers];
