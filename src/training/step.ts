/** One update of the parameters, driven from the host: cuts the batch into passes and runs their programs. */
import type { RunSpec } from '../config/schema.js';
import type { Batch } from '../data/batches.js';
import type { DeviceArray, Value } from '../engine/engine.js';
import { createDraw, type PassPlace, type StepPlace } from './draws.js';
import { ghostBatches } from './ghost-batches.js';
import type { Learner, TrainingPrograms } from './programs.js';
import { replaceState, type TrainingState } from './state.js';

export interface StepResult {
  readonly state: TrainingState;
  /** Cross-entropy summed over the images (nats) and correct predictions, as trained on: at w + θ. */
  readonly lossSum: number;
  readonly correct: number;
}

/** Takes a state and a batch to the next state; the arrays of the old state are given back. */
export type StepRunner = (state: TrainingState, batch: Batch, place: StepPlace) => Promise<StepResult>;

interface Pass extends PassPlace {
  readonly images: Float32Array;
  readonly labels: Int32Array;
}

export function createStepRunner(spec: RunSpec, learner: Learner, programs: TrainingPrograms): StepRunner {
  const draw = createDraw(spec, learner);
  const copies = spec.method.name === 'smoothout-deterministic' ? spec.method.copies : 1;
  let zeros: Float32Array | undefined;

  const scalars = (state: TrainingState, { learningRate }: StepPlace): Record<string, Value> => {
    const values = Object.entries(learner.optimizer.scalars(state.updates + 1, learningRate));
    return Object.fromEntries(values.map(([name, value]) => [name, Float32Array.of(value)]));
  };

  async function inOnePass(state: TrainingState, pass: Pass, place: StepPlace): Promise<StepResult> {
    const { images, labels } = pass;
    const { parameters, statistics, optimizer } = state;
    const program = await programs.step(labels.length);
    const drawn = draw(place, pass, labels.length);
    const inputs = { parameters, statistics, images, labels, ...optimizer, ...scalars(state, place), ...drawn };
    const results = await program.run(inputs);
    return {
      state: replaceState(state, { ...results, updates: state.updates + 1 }),
      lossSum: numberIn(results.loss) * labels.length,
      correct: numberIn(results.correct),
    };
  }

  /** Ghost batches and copies weigh the same each: the gradient is the mean of theirs. */
  async function inManyPasses(state: TrainingState, passes: readonly Pass[], place: StepPlace): Promise<StepResult> {
    const { parameters, optimizer } = state;
    zeros ??= new Float32Array(learner.model.layout.size);
    let [lossSum, correct] = [0, 0];
    let sums: { gradientSum: Value; statistics: DeviceArray } = { gradientSum: zeros, statistics: state.statistics };
    for (const pass of passes) {
      const { images, labels } = pass;
      const program = await programs.pass(labels.length);
      const results = await program.run({ parameters, images, labels, ...sums, ...draw(place, pass, labels.length) });
      if (sums.gradientSum !== zeros) disposeBoth(sums);
      sums = { gradientSum: results.gradientSum!, statistics: results.statistics as DeviceArray };
      lossSum += (numberIn(results.loss) * labels.length) / copies;
      correct += numberIn(results.correct) / copies;
    }
    const { gradientSum, statistics } = sums;
    const weight = Float32Array.of(1 / passes.length);
    const update = await programs.update();
    const results = await update.run({ parameters, gradientSum, weight, ...optimizer, ...scalars(state, place) });
    (gradientSum as DeviceArray).dispose();
    return { state: replaceState(state, { ...results, statistics, updates: state.updates + 1 }), lossSum, correct };
  }

  return (state, batch, place) => {
    const passes = passesOf(batch, spec, copies);
    return passes.length === 1 ? inOnePass(state, passes[0]!, place) : inManyPasses(state, passes, place);
  };
}

/** Every ghost batch, seen by every copy. */
function passesOf({ images, labels, count }: Batch, spec: RunSpec, copies: number): Pass[] {
  const size = images.length / count;
  return ghostBatches(count, spec.batchSize, spec.ghostBatchSize).flatMap(([start, end], ghostBatch) =>
    Array.from({ length: copies }, (_, copy) => ({
      images: images.subarray(start * size, end * size),
      labels: labels.subarray(start, end),
      ghostBatch,
      copy,
    })),
  );
}

function disposeBoth({ gradientSum, statistics }: { gradientSum: Value; statistics: DeviceArray }): void {
  (gradientSum as DeviceArray).dispose();
  statistics.dispose();
}

const numberIn = (value: Value | undefined): number => (value as Float32Array)[0]!;
