/** One update of the parameters, driven from the host: a batch as one pass or as many. */
import type { RunSpec } from '../config/schema.js';
import type { Batch } from '../data/batches.js';
import type { DeviceArray, Engine, HostArray, Value } from '../engine/engine.js';
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

  const scalars = (state: TrainingState, { learningRate }: StepPlace): Record<string, Value> => {
    const values = Object.entries(learner.optimizer.scalars(state.updates + 1, learningRate));
    return Object.fromEntries(values.map(([name, value]) => [name, Float32Array.of(value)]));
  };

  async function inOnePass(state: TrainingState, { images, labels }: Batch, place: StepPlace): Promise<StepResult> {
    const { parameters, statistics, optimizer } = state;
    const program = await programs.step(labels.length);
    const drawn = draw(place, { ghostBatch: 0, copy: 0 }, labels.length);
    const inputs = { parameters, statistics, images, labels, ...optimizer, ...scalars(state, place), ...drawn };
    const results = await program.run(inputs);
    return {
      state: replaceState(state, { ...results, updates: state.updates + 1 }),
      lossSum: numberIn(results.loss) * labels.length,
      correct: numberIn(results.correct),
    };
  }

  const stacks = new Map<string, HostArray>();

  /** The inputs of all steps, one behind the other. */
  async function inOneRun(
    state: TrainingState,
    batch: StepBatch,
    place: StepPlace,
    steps: number,
  ): Promise<StepResult> {
    for (let i = 0; i < steps; i++) {
      const { images, labels } = await batch.next();
      const at = { ...place, step: place.step + i, done: place.done + i };
      const drawn = draw(at, { ghostBatch: 0, copy: 0 }, labels.length);
      const updates = scalars({ ...state, updates: state.updates + i }, at) as Record<string, HostArray>;
      for (const [name, values] of Object.entries({ images, labels, ...drawn, ...updates })) {
        const [size, kind] = [steps * values.length, values instanceof Int32Array ? Int32Array : Float32Array];
        const stack = stacks.get(name)?.length === size ? stacks.get(name)! : new kind(size);
        stacks.set(name, stack);
        stack.set(values, i * values.length);
      }
    }
    const { parameters, statistics, optimizer } = state;
    const program = await programs.step(spec.batchSize, steps);
    const results = await program.run({ parameters, statistics, ...optimizer, ...Object.fromEntries(stacks) });
    return {
      state: replaceState(state, { ...results, updates: state.updates + steps }),
      lossSum: sum(results.loss) * spec.batchSize,
      correct: sum(results.correct),
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
        lossSum += (numberIn(results.loss) * labels.length) / copies;
        correct += numberIn(results.correct) / copies;
        passes++;
      }
      ghostBatch++;
    }
    const { gradientSum, statistics } = sums;
    const weight = Float32Array.of(1 / passes);
    const update = await programs.update();
    const results = await update.run({ parameters, gradientSum, weight, ...optimizer, ...scalars(state, place) });
    (gradientSum as DeviceArray).dispose();
    return { state: replaceState(state, { ...results, statistics, updates: state.updates + 1 }), lossSum, correct };
  }

  return async (state, batch, place, steps = 1) => {
    if (steps > 1) return inOneRun(state, batch, place, steps);
    const ghosts = ghostBatches(batch.count, spec.batchSize, spec.ghostBatchSize).length;
    if (ghosts * copies > 1) return inManyPasses(state, taken(batch, ghosts), place);
    return inOnePass(state, await batch.next(), place);
  };
}

async function* taken(batch: StepBatch, ghosts: number): AsyncGenerator<Batch> {
  for (let i = 0; i < ghosts; i++) yield await batch.next();
}

function disposeBoth({ gradientSum, statistics }: { gradientSum: Value; statistics: DeviceArray }): void {
  (gradientSum as DeviceArray).dispose();
  statistics.dispose();
}

const numberIn = (value: Value | undefined): number => (value as Float32Array)[0]!;

const sum = (values: Value | undefined): number => (values as Float32Array).reduce((a, b) => a + b, 0);
