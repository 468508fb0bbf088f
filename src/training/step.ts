/** One update of the parameters, driven from the host: a batch as one pass or as many. */
import type { RunSpec } from '../config/schema.js';
import type { Batch } from '../data/batches.js';
import { type DeviceArray, dtypeOf, type Engine, type HostArray, newArray, type Value } from '../engine/engine.js';
import { createDraw, type StepPlace } from './draws.js';
import type { Learner, TrainingPrograms } from './programs.js';
import { ghostBatches } from './setup.js';
import { replaceState, type TrainingState } from './state.js';

export interface StepResult {
  readonly state: TrainingState;
  /** Cross-entropy summed over the images (nats) and correct predictions, as trained on: at w + θ. */
  readonly lossSum: number;
  readonly correct: number;
}

/** A batch as a step takes it: its ghost batches are read one after another, so that only one need be in memory. */
export interface StepBatch {
  readonly count: number;
  next(): Promise<Batch>;
}

/**
 * Takes a state and a batch to the next state; the arrays of the old state are given back. With `steps` above 1, the batch
 * is so many whole ones after each other, `place` the first one's, and all of them are one run of the device.
 */
export type StepRunner = (
  state: TrainingState,
  batch: StepBatch,
  place: StepPlace,
  steps?: number,
) => Promise<StepResult>;

/** What the inputs of the steps of one run may take, in bytes. */
const STACKED = 2 ** 28;

/** How many steps should be one run: several where the state stays on the device within a run only. */
export function stepsAtOnce(engine: Engine, spec: RunSpec, { model, perturbation }: Learner): number {
  const { channels, height, width } = model.inputShape;
  const isOnePass = spec.ghostBatchSize === null && spec.method.name !== 'smoothout-deterministic';
  if (!engine.compileSteps || !isOnePass) return 1;
  const noise = perturbation === null ? 0 : model.layout.size;
  const numbers = noise + spec.batchSize * (channels * height * width + model.dropoutUnits + 1);
  return Math.max(1, Math.min(16, Math.floor(STACKED / 4 / numbers)));
}

export function createStepRunner(spec: RunSpec, learner: Learner, programs: TrainingPrograms): StepRunner {
  const draw = createDraw(spec, learner);
  const copies = spec.method.name === 'smoothout-deterministic' ? spec.method.copies : 1;
  let zeros: Float32Array | undefined;

  const scalars = (updates: number, { learningRate }: StepPlace): Record<string, Float32Array> => {
    const values = Object.entries(learner.optimizer.scalars(updates + 1, learningRate));
    return Object.fromEntries(values.map(([name, value]) => [name, Float32Array.of(value)]));
  };

  /** What a step takes beside the state, `i` steps after `first`. */
  function inputsOf({ images, labels }: Batch, { updates }: TrainingState, first: StepPlace, i: number): Inputs {
    const place = { ...first, step: first.step + i, done: first.done + i };
    const drawn = draw(place, { ghostBatch: 0, copy: 0 }, labels.length);
    return { images, labels, ...drawn, ...scalars(updates + i, place) };
  }

  let stacks: Record<string, HostArray> = {};

  /** The inputs of several steps, one behind the other, in arrays that the next run uses again. */
  async function stackedInputs(state: TrainingState, batch: StepBatch, place: StepPlace, steps: number) {
    for (let i = 0; i < steps; i++) {
      const inputs = Object.entries(inputsOf(await batch.next(), state, place, i));
      const arrays = inputs.map(([name, values]): [string, HostArray] => {
        const shape = [steps * values.length];
        const fits = stacks[name]?.length === shape[0];
        return [name, fits ? stacks[name]! : newArray({ shape, dtype: dtypeOf(values) })];
      });
      stacks = Object.fromEntries(arrays);
      for (const [name, values] of inputs) stacks[name]!.set(values, i * values.length);
    }
    return stacks;
  }

  async function inOnePass(
    state: TrainingState,
    batch: StepBatch,
    place: StepPlace,
    steps: number,
  ): Promise<StepResult> {
    const size = batch.count / steps;
    const inputs =
      steps === 1 ? inputsOf(await batch.next(), state, place, 0) : await stackedInputs(state, batch, place, steps);
    const { parameters, statistics, optimizer } = state;
    const program = await programs.step(size, steps);
    const results = await program.run({ parameters, statistics, ...optimizer, ...inputs });
    return {
      state: replaceState(state, { ...results, updates: state.updates + steps }),
      lossSum: sumOf(results.loss) * size,
      correct: sumOf(results.correct),
    };
  }

  /** Every copy sees every ghost batch. All passes weigh the same: the gradient is the mean of theirs. */
  async function inManyPasses(
    state: TrainingState,
    ghosts: AsyncIterable<Batch>,
    place: StepPlace,
  ): Promise<StepResult> {
    const { parameters, optimizer } = state;
    zeros ??= new Float32Array(learner.model.layout.size);
    let [lossSum, correct, ghostBatch, passes] = [0, 0, 0, 0];
    let sums: { gradientSum: Value; statistics: DeviceArray } = { gradientSum: zeros, statistics: state.statistics };
    for await (const { images, labels } of ghosts) {
      const program = await programs.pass(labels.length);
      for (let copy = 0; copy < copies; copy++) {
        const drawn = draw(place, { ghostBatch, copy }, labels.length);
        const results = await program.run({ parameters, images, labels, ...sums, ...drawn });
        if (sums.gradientSum !== zeros) disposeBoth(sums);
        sums = { gradientSum: results.gradientSum!, statistics: results.statistics as DeviceArray };
        lossSum += (sumOf(results.loss) * labels.length) / copies;
        correct += sumOf(results.correct) / copies;
        passes++;
      }
      ghostBatch++;
    }
    const { gradientSum, statistics } = sums;
    const weight = Float32Array.of(1 / passes);
    const update = await programs.update();
    const results = await update.run({
      parameters,
      gradientSum,
      weight,
      ...optimizer,
      ...scalars(state.updates, place),
    });
    (gradientSum as DeviceArray).dispose();
    return { state: replaceState(state, { ...results, statistics, updates: state.updates + 1 }), lossSum, correct };
  }

  return async (state, batch, place, steps = 1) => {
    const ghosts = ghostBatches(batch.count, spec.batchSize, spec.ghostBatchSize).length;
    if (ghosts * copies > 1) return inManyPasses(state, taken(batch, ghosts), place);
    return inOnePass(state, batch, place, steps);
  };
}

type Inputs = Readonly<Record<string, HostArray>>;

async function* taken(batch: StepBatch, ghosts: number): AsyncGenerator<Batch> {
  for (let i = 0; i < ghosts; i++) yield await batch.next();
}

function disposeBoth({ gradientSum, statistics }: { gradientSum: Value; statistics: DeviceArray }): void {
  (gradientSum as DeviceArray).dispose();
  statistics.dispose();
}

/** Of a scalar, or of one number a step. */
const sumOf = (values: Value | undefined): number => (values as Float32Array).reduce((a, b) => a + b, 0);
