/**
 * What every engine must agree on: each case's function, run by an engine, gives what tfjs's own `cpu` backend gives for
 * the same inputs, op by op and in plain JavaScript.
 */
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import type { Engine } from '../engine.js';
import type { ConformanceCase } from './case.js';
import { CASES } from './cases/index.js';

/** An output's shape and values. */
export interface Output {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** What the `cpu` backend computes for a case, and the tfjs kernels it took. */
export async function expectedOf({ fn, inputs }: ConformanceCase) {
  tf.setBackend('cpu');
  const outputs: Record<string, Output> = {};
  const { kernelNames } = await tf.profile(() => {
    tf.tidy(() => {
      const tensors = Object.entries(inputs).map(([name, { values, shape, dtype }]) => {
        return [name, tf.tensor(values, [...shape], dtype)] as const;
      });
      for (const [name, tensor] of Object.entries(fn(Object.fromEntries(tensors)))) {
        outputs[name] = { shape: tensor.shape, values: tensor.dataSync<'float32'>().slice() };
      }
    });
    return tf.scalar(0);
  });
  return { outputs, kernelNames };
}

/** The outputs of these names as an engine computes them, each kept on the device before it is read. */
export async function runOnce(engine: Engine, { fn, inputs }: ConformanceCase, names: readonly string[]) {
  const program = await engine.compile(fn, inputs, { keep: names });
  const values = Object.entries(inputs).map(([name, input]) => [name, input.values]);
  const outputs = Object.entries(await program.run(Object.fromEntries(values))).map(async ([name, array]) => {
    const output = { shape: array.shape, values: (await array.read()).slice() };
    array.dispose();
    return [name, output] as const;
  });
  const read = Object.fromEntries(await Promise.all(outputs));
  await program.dispose();
  return read satisfies Record<string, Output>;
}

export interface ConformanceOptions {
  /** Cases the engine cannot run, by name, and why. */
  readonly skip?: Readonly<Record<string, string>>;
  /** Largest error accepted, relative to the largest magnitude of an output. */
  readonly tolerance?: number;
}

/**
 * Declares a test for each case. The default tolerance is 40 times the spacing of float32: sums of up to a few hundred
 * products, added in another order.
 */
export function describeConformance(name: string, engine: Engine, options: ConformanceOptions = {}): void {
  const { skip = {}, tolerance = 5e-6 } = options;
  describe(`${name} agrees with tfjs's cpu backend`, () => {
    test.each(CASES.filter((one) => !(one.name in skip)))('$name', async (one) => {
      const { outputs } = await expectedOf(one);
      expect(disagreements(outputs, await runOnce(engine, one, Object.keys(outputs)), tolerance)).toEqual([]);
    });
  });
}

/** An output that should be zero is a sum of terms about this large, which cancel up to rounding. */
const SMALLEST_SCALE = 0.1;

type Outputs = Readonly<Record<string, Output>>;

function disagreements(expected: Outputs, results: Outputs, bound: number) {
  return Object.entries(expected).flatMap(([name, { shape, values }]) => {
    const { shape: actualShape, values: actual } = results[name]!;
    const scale = Array.from(values, Math.abs)
      .filter(Number.isFinite)
      .reduce((a, b) => Math.max(a, b), SMALLEST_SCALE);
    const differs = (value: number, i: number) =>
      !Object.is(value, actual[i]) && !(Math.abs(value - actual[i]!) <= bound * scale);
    const wrong = [...values.keys()].filter((i) => differs(values[i]!, i));
    if (`${shape}` === `${actualShape}` && actual.length === values.length && wrong.length === 0) return [];
    const shown = (array: Float32Array) => [...array].slice(0, 24);
    return [{ name, shape, actualShape, wrong: wrong.length, expected: shown(values), actual: shown(actual) }];
  });
}
