/** How a conformance case is written: a function of tensors with the inputs it is run on. */
import * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../../support/shape.js';
import type { HostArray, NamedTensors, TensorSpec } from '../engine.js';
import type { TensorFunction } from '../flat.js';

/** An input's shape and dtype with the values it is run on. */
export interface CaseInput extends TensorSpec {
  readonly values: HostArray;
}

export interface ConformanceCase {
  readonly name: string;
  readonly fn: TensorFunction;
  readonly inputs: Readonly<Record<string, CaseInput>>;
}

type Shape = readonly number[];
type Outputs = tf.Tensor | readonly tf.Tensor[];

/** Numbers spread evenly over [low, high), the same in every run (a golden-ratio sequence: no two are close). */
export function numbers(count: number, low = -2, high = 2, start = 0): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => {
    const position = ((i + start + 1) * 0.618033988749895) % 1;
    return low + (high - low) * position;
  });
}

/** A float32 input. Inputs that meet in one op take different starts, or they would hold the same numbers. */
export function floats(shape: Shape, low = -2, high = 2, start = sizeOf(shape)): CaseInput {
  return { shape, dtype: 'float32', values: numbers(sizeOf(shape), low, high, start) };
}

/** An int32 input of whole numbers in [low, high). */
export function ints(shape: Shape, low = -5, high = 6, start = sizeOf(shape)): CaseInput {
  return { shape, dtype: 'int32', values: Int32Array.from(numbers(sizeOf(shape), low, high, start), Math.floor) };
}

/** An input of exactly these numbers. */
export function given(shape: Shape, values: readonly number[], dtype: TensorSpec['dtype'] = 'float32'): CaseInput {
  return { shape, dtype, values: dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values) };
}

/** A case that compares the values of `f`. Bool and int32 results are compared as float32. */
export function forward(
  name: string,
  inputs: readonly CaseInput[],
  f: (...x: tf.Tensor[]) => Outputs,
): ConformanceCase {
  return { name, inputs: numbered(inputs), fn: (named) => values(f(...inOrder(named, inputs))) };
}

/** A case that compares the values of `f` and the gradient of a weighted sum of them with respect to each float input. */
export function withGradients(
  name: string,
  inputs: readonly CaseInput[],
  f: (...x: tf.Tensor[]) => Outputs,
): ConformanceCase {
  const differentiable = inputs.flatMap(({ dtype }, i) => (dtype === 'float32' ? [i] : []));
  const fn: TensorFunction = (named) => {
    const given = inOrder(named, inputs);
    const loss = (...x: tf.Tensor[]) => {
      const all = given.with(0, given[0]!);
      differentiable.forEach((place, i) => {
        all[place] = x[i]!;
      });
      return weightedSum(listOf(f(...all)));
    };
    const gradients = tf.grads(loss)(differentiable.map((place) => given[place]!));
    const named_ = gradients.map((gradient, i) => [`gradient of x${differentiable[i]}`, gradient]);
    return { ...values(f(...given)), ...Object.fromEntries(named_) };
  };
  return { name, inputs: numbered(inputs), fn };
}

const listOf = (outputs: Outputs): readonly tf.Tensor[] => (outputs instanceof tf.Tensor ? [outputs] : outputs);

function values(outputs: Outputs): NamedTensors {
  const comparable = (y: tf.Tensor) => (y.dtype === 'float32' ? y : tf.cast(y, 'float32'));
  return Object.fromEntries(listOf(outputs).map((y, i) => [`y${i}`, comparable(y)]));
}

/** A scalar to whose gradient each element of each output contributes differently. */
function weightedSum(outputs: readonly tf.Tensor[]): tf.Scalar {
  const sums = outputs.map((y, i) => tf.sum(tf.mul(y, tf.tensor(numbers(y.size, -1, 1, 13 * i), y.shape))));
  return sums.reduce((a, b) => tf.add(a, b)) as tf.Scalar;
}

const numbered = (inputs: readonly CaseInput[]) => Object.fromEntries(inputs.map((input, i) => [`x${i}`, input]));

const inOrder = (named: NamedTensors, inputs: readonly CaseInput[]) => inputs.map((_, i) => named[`x${i}`]!);
