/** The graphs of the CUDA device, run by the CPU: what they compute, not that CUDA computes it. */
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { SmoothOutError } from '../../../support/errors.js';
import { float } from '../../engine.js';
import { CASES } from '../../testing/cases/index.js';
import { describeConformance } from '../../testing/conformance.js';
import { describeContract } from '../../testing/contract.js';
import { createCudaEngine } from './engine.js';

const engine = await createCudaEngine('cpu');

/** The other kernels are those of the portable graph: conformance.test.ts. */
const OWN = /^(pooling|convolution|reduction: arg)/;
const skip = Object.fromEntries(CASES.filter(({ name }) => !OWN.test(name)).map(({ name }) => [name, 'not its own']));

describeConformance('the graphs for CUDA', engine, { skip });
describeContract('the graphs for CUDA', engine);

test('runs share calls: sixteen, and then the rest', async () => {
  const program = await engine.compile(
    ({ w, x }) => ({ w: tf.add(w, x), sum: tf.sum(x) }),
    { w: float(3), x: float(3) },
    { keep: ['w'] },
  );
  async function* numbers() {
    for (let i = 0; i < 21; i++) yield { x: Float32Array.of(i, 1, -1) };
  }
  const calls: number[] = [];
  let last = Float32Array.of();
  for await (const { w, sum } of program.runs({ w: Float32Array.of(0, 0, 10) }, numbers())) {
    calls.push(sum.length);
    last = (await w.read()).slice();
  }
  expect(calls).toEqual([16, 5]);
  expect(last).toEqual(Float32Array.of(210, 21, -11));
  await program.dispose();
});

test('where CUDA does not load, the error says who knows more', async () => {
  const error: unknown = await createCudaEngine().then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error === null) return;
  expect(error).toBeInstanceOf(SmoothOutError);
  expect(error).toMatchObject({ code: 'ENGINE_UNAVAILABLE', hint: expect.stringContaining('smoothout doctor') });
});
