/** Takes a training through batches, an update for each: in one pass, or in as many as it has ghost batches and copies. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RunSpec } from '../config/schema.js';
import type { Batch } from '../data/batches.js';
import { type DeviceArray, sumOf, type Value } from '../engine/engine.js';
import { shareAt } from '../optim/average.js';
import { stepFactor } from '../optim/learning-rate.js';
import { createDraw, type PassPlace, type StepPlace } from './draws.js';
import type { Learner } from './learner.js';
import { passSizes } from './plan.js';
import type { TrainingPrograms } from './programs.js';
import type { TrainingState } from './state.js';

export interface StepResult {
  readonly state: TrainingState;
  /** How many steps led to it. */
  readonly steps: number;
  /** Cross-entropy summed over their images (nats) and correct predictions, as trained on: at w + θ. */
  readonly lossSum: number;
  readonly correct: number;
}

/** `count` batches of `size` images each. */
export interface EqualSizes {
  readonly size: number;
  readonly count: number;
}

/** The parts of the batches in their order, ghost batch by ghost batch, so that only one need be in memory. */
type Parts = AsyncIterator<Batch, unknown>;

/**
 * Makes an update for each batch; `first` is the place of the first. It ends early, between two steps, once the signal is
 * aborted. The arrays of a state go back to the device when the next state takes its place.
 */
export type Stepper = (
  state: TrainingState,
  batches: EqualSizes,
  parts: Parts,
  first: StepPlace,
) => AsyncGenerator<StepResult, void, void>;

export function createStepper(
  spec: RunSpec,
  learner: Learner,
  programs: TrainingPrograms,
  signal: AbortSignal,
): Stepper {
  const draw = createDraw(spec, learner);
  const { copies = 1, noise } = learner.method;
  const isDrawnOnce = noise?.per === 'step';
  const zeros = new Float32Array(learner.model.layout.size);

  function scalarsAt(updates: number, place: StepPlace) {
    const { average, optimizer } = learner;
    const { decay, warmup } = spec.optimizer;
    const factor = stepFactor(place.done, place.total, { decay, warmup: Math.round(warmup * place.stepsAnEpoch) });
    const values = {
      ...optimizer.scalars(updates + 1, place.learningRate * factor),
      ...(average && { share: shareAt(average, place) }),
    };
    return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Float32Array.of(value)]));
  }

  /** The places of steps one after another, until the signal is aborted. */
  async function* placesFrom(first: StepPlace, count: number) {
    for (let i = 0; i < count; i++) {
      // Signals arrive between turns of the event loop only.
      await nextTurn();
      if (signal.aborted) return;
      yield { ...first, step: first.step + i, done: first.done + i };
    }
  }

  async function* inOnePass(state: TrainingState, { size, count }: EqualSizes, parts: Parts, first: StepPlace) {
    let { updates, ...arrays } = state;
    const program = await programs.step.get(size);
    async function* inputs() {
      for await (const place of placesFrom(first, count)) {
        const batch = { ...(await nextPart(parts)), ...draw.dropout(place, WHOLE, size) };
        const scalars = scalarsAt(state.updates + place.done - first.done, place);
        yield { batch, noise: draw.noise(place, WHOLE), scalars };
      }
    }
    for await (const { state: after, loss, correct } of program.runs({ state: arrays }, inputs())) {
      const steps = loss.length;
      updates += steps;
      yield { state: { ...after, updates }, steps, lossSum: sumOf(loss) * size, correct: sumOf(correct) };
    }
  }

  /** Every copy sees every ghost batch. All passes weigh the same: the gradient is the mean of theirs. */
  async function inManyPasses(
    state: TrainingState,
    sizes: readonly number[],
    parts: Parts,
    place: StepPlace,
  ): Promise<StepResult> {
    const { parameters, optimizer, average, updates } = state;
    let sums: Sums = { gradient: zeros, statistics: state.statistics, memory: state.memory };
    let [lossSum, correct, ghostBatch] = [0, 0, 0];
    for (const { size, count } of equalSizes(sizes)) {
      async function* passes<T>(inputsOf: (batch: ImageBatch, pass: PassPlace) => T) {
        for (const end = ghostBatch + count; ghostBatch < end; ghostBatch++) {
          const part = await nextPart(parts);
          for (let copy = 0; copy < copies; copy++) {
            const pass = { ghostBatch, copy };
            yield inputsOf({ ...part, ...draw.dropout(place, pass, size) }, pass);
          }
        }
      }
      const program = await programs.pass.get(size);
      const shared = { parameters, sums };
      const runs = isDrawnOnce
        ? program.runs(
            { ...shared, noise: draw.noise(place, WHOLE) },
            passes((batch) => ({ batch })),
          )
        : program.runs(
            shared,
            passes((batch, pass) => ({ batch, noise: draw.noise(place, pass) })),
          );
      for await (const results of runs) {
        sums = results.sums;
        lossSum += (sumOf(results.loss) * size) / copies;
        correct += sumOf(results.correct) / copies;
      }
    }
    const weight = Float32Array.of(1 / (sizes.length * copies));
    const update = await programs.update.get('update');
    const scalars = scalarsAt(updates, place);
    const inputs = { parameters, optimizer, average, gradientSum: sums.gradient, weight, scalars };
    const after = await update.run(inputs);
    for (const value of [parameters, sums.gradient, ...Object.values(optimizer), ...Object.values(average)])
      if ('dispose' in value) value.dispose();
    const { statistics, memory } = sums;
    return { state: { ...after, statistics, memory, updates: updates + 1 }, steps: 1, lossSum, correct };
  }

  return async function* steps(state, batches, parts, first) {
    const sizes = passSizes(batches.size, spec);
    if (sizes.length * copies === 1) return yield* inOnePass(state, batches, parts, first);
    let now = state;
    for await (const place of placesFrom(first, batches.count)) {
      const result = await inManyPasses(now, sizes, parts, place);
      now = result.state;
      yield result;
    }
  };
}

/** The place of a pass that is the whole step. */
const WHOLE = { ghostBatch: 0, copy: 0 };

type ImageBatch = Pick<Batch, 'images' | 'labels'> & { readonly dropout?: Float32Array };

interface Sums {
  readonly gradient: Value;
  readonly statistics: DeviceArray;
  readonly memory: Readonly<Record<string, DeviceArray>>;
}

async function nextPart(parts: Parts): Promise<ImageBatch> {
  const { value, done } = await parts.next();
  if (done) throw new Error('a step was given fewer images than its batch has');
  const { images, labels } = value;
  return { images, labels };
}

/** Neighbours of one size together. */
export function equalSizes(sizes: readonly number[]): EqualSizes[] {
  const groups: { size: number; count: number }[] = [];
  for (const size of sizes) {
    const last = groups.at(-1);
    if (last?.size === size) last.count++;
    else groups.push({ size, count: 1 });
  }
  return groups;
}
