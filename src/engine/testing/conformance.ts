/**
 * What every engine must agree on: each case's function, run by an engine, gives what tfjs's own `cpu` backend gives for
 * the same inputs, op by op and in plain JavaScript.
 */
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import type { Engine, HostArray, TensorSpec, Value } from '../engine.js';
import type { ConformanceCase } from './case.js';
import { CASES } from './cases/index.js';

export interface Expected extends TensorSpec {
  readonly values: HostArray;
}

/** What the `cpu` backend computes for a case, and the tfjs kernels it took. */
export async function expectedOf({ fn, inputs }: ConformanceCase) {
  tf.setBackend('cpu');
  const outputs: Record<string, Expected> = {};
  const { kernelNames } = await tf.profile(() => {
    tf.tidy(() => {
      const tensors = Object.entries(inputs).map(([name, { values, shape, dtype }]) => {
        return [name, tf.tensor(values, [...shape], dtype)] as const;
      });
      for (const [name, tensor] of Object.entries(fn(Object.fromEntries(tensors)))) {
        const dtype = tensor.dtype as TensorSpec['dtype'];
        outputs[name] = { shape: tensor.shape, dtype, values: tensor.dataSync().slice() as HostArray };
      }
    });
    return tf.scalar(0);
  });
  return { outputs, kernelNames };
}

export async function runOnce(engine: Engine, { fn, inputs }: ConformanceCase) {
  const program = await engine.compile(fn, inputs);
  const given = Object.fromEntries(Object.entries(inputs).map(([name, { values }]) => [name, values]));
  const results = await program.run(given);
  await program.dispose();
  return { signature: program.outputs, results };
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
      const { signature, results } = await runOnce(engine, one);
      expect(signature).toEqual(mapValues(outputs, ({ shape, dtype }) => ({ shape, dtype })));
      expect(disagreements(outputs, results, tolerance)).toEqual([]);
    });
  });
}

/** An output that should be zero is a sum of terms about this large, which cancel up to rounding. */
const SMALLEST_SCALE = 0.1;

function disagreements(expected: Readonly<Record<string, Expected>>, results: Record<string, Value>, bound: number) {
  return Object.entries(expected).flatMap(([name, { values }]) => {
    const actual = results[name] as HostArray;
    const scale = Array.from(values, Math.abs)
      .filter(Number.isFinite)
      .reduce((a, b) => Math.max(a, b), SMALLEST_SCALE);
    const differs = (value: number, i: number) =>
      !Object.is(value, actual[i]) && !(Math.abs(value - actual[i]!) <= bound * scale);
    const wrong = [...values.keys()].filter((i) => differs(values[i]!, i));
    if (actual.length === values.length && wrong.length === 0) return [];
    return [{ name, wrong: wrong.length, expected: [...values].slice(0, 24), actual: [...actual].slice(0, 24) }];
  });
}

const mapValues = <A, B>(record: Readonly<Record<string, A>>, f: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, f(value)]));
