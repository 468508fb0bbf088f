/** Conformance cases: elementwise operations and broadcasting. */
import * as tf from '@tensorflow/tfjs';
import { type CaseInput, type ConformanceCase, floats, forward, given, ints, withGradients } from '../case.js';

type Unary = (x: tf.Tensor) => tf.Tensor;
type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

const UNARY: readonly [name: string, op: Unary, low?: number, high?: number][] = [
  ['abs', tf.abs],
  ['neg', tf.neg],
  ['sign', tf.sign],
  ['exp', tf.exp],
  ['log', tf.log, 0.1, 4],
  ['sin', tf.sin],
  ['cos', tf.cos],
  ['tanh', tf.tanh],
  ['erf', tf.erf],
  ['sigmoid', tf.sigmoid],
  ['softplus', tf.softplus, -20, 20],
  ['sqrt', tf.sqrt, 0.1, 4],
  ['rsqrt', tf.rsqrt, 0.1, 4],
  ['reciprocal', tf.reciprocal, 0.2, 4],
  ['square', tf.square],
  ['floor', tf.floor],
  ['ceil', tf.ceil],
  ['round', tf.round],
  ['relu', tf.relu],
  ['relu6', tf.relu6, -4, 12],
  ['leakyRelu', (x) => tf.leakyRelu(x, 0.1)],
  ['elu', tf.elu],
  ['selu', tf.selu],
  ['step', (x) => tf.step(x)],
  ['step with a slope', (x) => tf.step(x, 0.3)],
  ['clipByValue', (x) => tf.clipByValue(x, -1, 0.5)],
];

const BINARY: readonly [name: string, op: Binary, low?: number, high?: number][] = [
  ['add', tf.add],
  ['sub', tf.sub],
  ['mul', tf.mul],
  ['div', tf.div, 0.3, 3],
  ['pow', tf.pow, 0.3, 2],
  ['prelu', (x, alpha) => tf.prelu(tf.add(x, alpha), alpha)],
];

/** Binary ops whose gradients tfjs has for operands of one shape only (floorDiv: none that mean anything). */
const BINARY_WITHOUT_BROADCAST: typeof BINARY = [
  ['maximum', tf.maximum],
  ['minimum', tf.minimum],
  ['squaredDifference', tf.squaredDifference],
];

const COMPARISONS: readonly [name: string, op: Binary][] = [
  ['equal', tf.equal],
  ['notEqual', tf.notEqual],
  ['greater', tf.greater],
  ['greaterEqual', tf.greaterEqual],
  ['less', tf.less],
  ['lessEqual', tf.lessEqual],
];

/** Shapes that meet by broadcasting: scalars, vectors, leading, trailing and inner axes of 1, on either side. */
export const BROADCASTS: readonly [a: readonly number[], b: readonly number[]][] = [
  [[], []],
  [[3], []],
  [[], [3]],
  [[1], [5]],
  [[2, 3], [3]],
  [[3], [2, 3]],
  [
    [4, 1],
    [1, 5],
  ],
  [
    [2, 3, 4],
    [3, 1],
  ],
  [
    [1, 3, 1],
    [2, 1, 4],
  ],
  [[2, 1, 3, 1], [7]],
  [
    [3, 1, 1],
    [2, 3, 4, 5],
  ],
  [
    [2, 3],
    [1, 1, 1, 3],
  ],
];

/** Plain, transposed and scalar operands of one op. */
function unaryInputs(low?: number, high?: number): CaseInput[] {
  return [floats([], low, high), floats([1, 7], low, high), floats([2, 3, 4], low, high)];
}

const unary = UNARY.map(([name, op, low, high]) =>
  withGradients(`elementwise: ${name}`, unaryInputs(low, high), (a, b, c) => {
    return [op(a!), op(b!), op(tf.transpose(c!, [2, 0, 1]))];
  }),
);

const broadcasting =
  (op: Binary) =>
  (...x: tf.Tensor[]) =>
    BROADCASTS.map((_, i) => op(x[2 * i]!, x[2 * i + 1]!));

const transposedOperands =
  (op: Binary) =>
  (...[a, b, c, d]: tf.Tensor[]) => [
    op(tf.transpose(a!, [2, 0, 1]), tf.transpose(b!, [1, 2, 0])),
    op(tf.transpose(a!, [2, 0, 1]), c!),
    op(c!, tf.transpose(a!, [2, 0, 1])),
    op(tf.transpose(a!, [2, 1, 0]), d!),
  ];

const binary = BINARY.flatMap(([name, op, low, high]) => [
  withGradients(`elementwise: ${name}, broadcast`, pairs(low, high), broadcasting(op)),
  withGradients(`elementwise: ${name}, transposed`, transposable(low, high), transposedOperands(op)),
]);

const binaryWithoutBroadcast = BINARY_WITHOUT_BROADCAST.flatMap(([name, op]) => [
  forward(`elementwise: ${name}, broadcast`, pairs(), broadcasting(op)),
  forward(`elementwise: ${name}, transposed`, transposable(), transposedOperands(op)),
  withGradients(`elementwise: ${name}, one shape`, [floats([2, 3]), floats([3, 2]), floats([])], (a, b, c) => [
    op(a!, tf.transpose(b!)),
    op(b!, tf.transpose(a!)),
    op(c!, tf.square(c!)),
  ]),
]);

const floorDiv = forward('elementwise: floorDiv, broadcast', pairs(0.3, 3), broadcasting(tf.floorDiv));

function pairs(low?: number, high?: number): CaseInput[] {
  return BROADCASTS.flatMap(([a, b], i) => [floats(a, low, high, 5 * i), floats(b, low, high, 5 * i + 2)]);
}

/** [2,3,4] and [3,4,2], which meet once transposed, and what broadcasts to them. */
function transposable(low?: number, high?: number): CaseInput[] {
  return [
    floats([2, 3, 4], low, high, 1),
    floats([3, 4, 2], low, high, 2),
    floats([4, 1, 3], low, high, 3),
    floats([3, 1], low, high, 4),
  ];
}

const comparisons = COMPARISONS.map(([name, op]) =>
  forward(
    `elementwise: ${name}`,
    [
      given([2, 3], [0, 1, -1, 2, 0.5, 0]),
      given([3], [0, 1, 0.5]),
      ints([3, 2], -1, 2),
      ints([], 0, 1),
      floats([3, 2]),
    ],
    (a, b, c, d, e) => [op(a!, b!), op(b!, a!), op(c!, d!), op(d!, c!), op(tf.transpose(a!), e!)],
  ),
);

// A condition must not depend on what is differentiated: tfjs has no gradient for comparisons.
const isPositive = (x: tf.Tensor) => tf.greater(x, 0);

const logical = [
  forward('elementwise: logical and, or, xor, not', [floats([2, 3]), floats([3], -2, 2, 1)], (a, b) => [
    tf.logicalAnd(isPositive(a!), isPositive(b!)),
    tf.logicalOr(isPositive(a!), isPositive(b!)),
    tf.logicalXor(isPositive(a!), isPositive(b!)),
    tf.logicalNot(isPositive(tf.transpose(a!))),
  ]),
  withGradients(
    'elementwise: where',
    [floats([2, 3]), floats([2, 3], -2, 2, 1), floats([3]), floats([], 0, 1), ints([2, 3]), ints([3, 2])],
    (a, b, c, d, i, j) => [
      tf.where(isPositive(i!), a!, b!),
      tf.where(isPositive(i!), tf.square(b!), tf.zeros([2, 3])),
      tf.where(tf.transpose(isPositive(j!)), tf.mul(a!, c!), tf.mul(b!, d!)),
    ],
  ),
  forward('elementwise: where, broadcast and int32', [ints([2, 3]), ints([3], 0, 9), floats([2, 1])], (a, b, c) => [
    tf.where(isPositive(c!), a!, b!),
    tf.where(tf.equal(a!, b!), a!, tf.scalar(7, 'int32')),
  ]),
];

const casts = forward(
  'elementwise: casts',
  [given([7], [-2.7, -0.5, -0, 0, 0.5, 1, 2.7]), ints([5], -2, 3), floats([2, 3])],
  (x, i, t) => [
    tf.cast(x!, 'int32'),
    tf.cast(x!, 'bool'),
    tf.cast(i!, 'float32'),
    tf.cast(i!, 'bool'),
    tf.cast(tf.cast(x!, 'bool'), 'float32'),
    tf.cast(tf.transpose(t!), 'int32'),
    tf.cast(x!, 'float32'),
  ],
);

const integers = forward('elementwise: int32', [ints([2, 3]), ints([3], 1, 6), ints([3, 2])], (a, b, c) => [
  tf.add(a!, b!),
  tf.sub(b!, a!),
  tf.mul(a!, tf.transpose(c!)),
  tf.maximum(a!, b!),
  tf.minimum(a!, b!),
  tf.squaredDifference(a!, b!),
  tf.addN([a!, tf.transpose(c!), a!]),
  tf.neg(a!),
  tf.abs(a!),
  tf.sign(a!),
  tf.square(a!),
  tf.relu(a!),
  tf.clipByValue(a!, -1, 2),
  tf.add(a!, 0.5),
]);

const wholeQuotients = forward('elementwise: int32 division', [ints([2, 3]), ints([3], 1, 6)], (a, b) => [
  tf.div(a!, b!),
  tf.floorDiv(a!, b!),
]);

const specialValues = forward(
  'elementwise: NaN, infinities and zeros',
  [given([6], [NaN, Infinity, -Infinity, 0, -0, 1])],
  (x) => [
    ...[tf.abs, tf.neg, tf.exp, tf.log, tf.tanh, tf.sigmoid, tf.sqrt, tf.rsqrt, tf.square].map((op) => op(x!)),
    ...[tf.relu, tf.reciprocal].map((op) => op(x!)),
    tf.isNaN(x!),
    tf.isFinite(x!),
    tf.maximum(x!, 0),
    tf.add(x!, 1),
    tf.mul(x!, 0),
    tf.div(1, x!),
    tf.greater(x!, 0),
    tf.equal(x!, x!),
  ],
);

const sums = withGradients('elementwise: addN', [floats([2, 3]), floats([2, 3], -2, 2, 1), floats([3, 2])], (a, b, c) =>
  tf.addN([a!, b!, tf.transpose(c!), a!]),
);

export const elementwise: readonly ConformanceCase[] = [
  ...unary,
  ...binary,
  ...binaryWithoutBroadcast,
  floorDiv,
  ...comparisons,
  ...logical,
  casts,
  integers,
  wholeQuotients,
  specialValues,
  sums,
];
