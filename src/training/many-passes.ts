/**
 * Steps whose batch is several passes: its ghost batches, in each of the copies of deterministic SmoothOut. Each pass adds
 * its gradient to a sum and one update follows along their mean, so that memory is that of one pass.
 */
import * as tf from '@tensorflow/tfjs';
import type { RunSpec } from '../config/schema.js';
import { type DeviceArray, type Engine, float, sumOf, type Value } from '../engine/engine.js';
import { createProgramCache } from '../engine/program-cache.js';
import { imageSpecs } from '../nn/loss.js';
import { takeStep } from '../smoothout/algorithm.js';
import type { PassPlace, StepPlace } from './draws.js';
import type { Learner } from './learner.js';
import { passSizes } from './plan.js';
import { given, inputSpecs, updateAlong } from './programs.js';
import type { TrainingState } from './state.js';
import {
  equalSizes,
  type ImageBatch,
  nextPart,
  type Parts,
  type StepInputs,
  type StepResult,
  type TakeSteps,
  WHOLE,
} from './step.js';

interface Sums {
  readonly gradient: Value;
  readonly statistics: DeviceArray;
  readonly memory: Readonly<Record<string, DeviceArray>>;
}

export function createManyPasses(engine: Engine, spec: RunSpec, learner: Learner, inputs: StepInputs) {
  const { state, noise, scalars } = inputSpecs(learner);
  const { parameters, statistics, memory, average, optimizer } = state;
  const sums = { gradient: parameters, statistics, memory };
  const { copies = 1 } = learner.method;
  const isDrawnOnce = learner.method.noise?.per === 'step';
  const zeros = new Float32Array(learner.model.layout.size);

  /** Lines 3 to 5 for one of the passes, compiled for each number of images that it is asked for. */
  const pass = createProgramCache((images: number) =>
    engine.compile(
      ({ parameters, sums, batch, noise }) => {
        const pass = learner.method.gradient(parameters, given(learner, sums, batch, noise));
        const { gradient, statistics, memory = {}, loss, correct } = pass;
        return { sums: { gradient: tf.add(sums.gradient, gradient), statistics, memory }, loss, correct };
      },
      { parameters, sums, batch: imageSpecs(learner.model, images, 'train'), noise },
      { keep: ['sums'] },
    ),
  );

  /** Line 6, along `gradientSum` × `weight`. */
  const update = createProgramCache((_: 'update') =>
    engine.compile(
      ({ gradientSum, weight, scalars, ...before }) => {
        const mean = { gradient: tf.mul<tf.Tensor1D>(gradientSum, weight) };
        const next = takeStep(before.parameters, mean, updateAlong(learner, before, scalars));
        const { parameters, optimizer, average } = next;
        return { parameters, optimizer, average };
      },
      { parameters, optimizer, average, gradientSum: parameters, weight: float(), scalars },
      { keep: ['parameters', 'optimizer', 'average'] },
    ),
  );

  /** Every copy sees every ghost batch. All passes weigh the same. */
  async function step(state: TrainingState, sizes: readonly number[], parts: Parts, place: StepPlace) {
    const { parameters, optimizer, average, updates } = state;
    let sums: Sums = { gradient: zeros, statistics: state.statistics, memory: state.memory };
    let [lossSum, correct, ghostBatch] = [0, 0, 0];
    for (const { size, count } of equalSizes(sizes)) {
      async function* passes<T>(inputsOf: (batch: ImageBatch, pass: PassPlace) => T) {
        for (const end = ghostBatch + count; ghostBatch < end; ghostBatch++) {
          const part = await nextPart(parts);
          for (let copy = 0; copy < copies; copy++) {
            const pass = { ghostBatch, copy };
            yield inputsOf({ ...part, ...inputs.dropout(place, pass, size) }, pass);
          }
        }
      }
      const program = await pass.get(size);
      const shared = { parameters, sums };
      const runs = isDrawnOnce
        ? program.runs(
            { ...shared, noise: inputs.noise(place, WHOLE) },
            passes((batch) => ({ batch })),
          )
        : program.runs(
            shared,
            passes((batch, pass) => ({ batch, noise: inputs.noise(place, pass) })),
          );
      for await (const results of runs) {
        sums = results.sums;
        lossSum += (sumOf(results.loss) * size) / copies;
        correct += sumOf(results.correct) / copies;
      }
    }
    const weight = Float32Array.of(1 / (sizes.length * copies));
    const scalars = inputs.scalars(updates, place);
    const program = await update.get('update');
    const after = await program.run({ parameters, optimizer, average, gradientSum: sums.gradient, weight, scalars });
    for (const value of [parameters, sums.gradient, ...Object.values(optimizer), ...Object.values(average)])
      if ('dispose' in value) value.dispose();
    const { statistics, memory } = sums;
    return { state: { ...after, statistics, memory, updates: updates + 1 }, steps: 1, lossSum, correct };
  }

  const take: TakeSteps = async function* (state, { size, count }, parts, first) {
    const sizes = passSizes(size, spec);
    let now = state;
    for await (const place of inputs.places(first, count)) {
      const result: StepResult = await step(now, sizes, parts, place);
      now = result.state;
      yield result;
    }
  };

  const dispose = async () => {
    await pass.dispose();
    await update.dispose();
  };
  return { pass, update, take, dispose };
}
