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
export function stepsAtOnce(engine: Engine, spec: RunSpec, learner: Learner): number {
  return spec.ghostBatchSize === null ? atOnce(engine, spec, learner, spec.batchSize, []) : 1;
}

/** The same for passes over so many images, whose inputs in `shared` are not stacked. */
function atOnce(engine: Engine, spec: RunSpec, learner: Learner, images: number, shared: readonly string[]): number {
  if (!engine.compileSteps || spec.method.name === 'smoothout-deterministic') return 1;
  const { layout, inputShape, dropoutUnits } = learner.model;
  const { channels, height, width } = inputShape;
  const noise = learner.perturbation === null || shared.includes('noise') ? 0 : layout.size;
  const numbers = noise + images * (channels * height * width + dropoutUnits + 1);
  return Math.max(1, Math.min(16, Math.floor(STACKED / 4 / numbers)));
}

/** What the ghost batches of a step have in common. */
function sharedInputs({ method }: RunSpec): readonly string[] {
  const hasOneNoise = method.name !== 'baseline' && 'per' in method.noise && method.noise.per === 'step';
  return hasOneNoise ? ['parameters', 'noise', 'strength'] : ['parameters'];
}

export function createStepRunner(
  spec: RunSpec,
  learner: Learner,
  programs: TrainingPrograms,
  engine: Engine,
): StepRunner {
  const draw = createDraw(spec, learner);
  const copies = spec.method.name === 'smoothout-deterministic' ? spec.method.copies : 1;
  const sharedByPasses = sharedInputs(spec);
  const mostPasses = atOnce(engine, spec, learner, spec.ghostBatchSize ?? spec.batchSize, sharedByPasses);
  let zeros: Float32Array | undefined;

  const scalars = (updates: number, { learningRate }: StepPlace): Record<string, Float32Array> => {
    const values = Object.entries(learner.optimizer.scalars(updates + 1, learningRate));
    return Object.fromEntries(values.map(([name, value]) => [name, Float32Array.of(value)]));
  };

  let stacks: Record<string, HostArray> = {};

  /** The inputs of what is one run, one behind the other, in arrays that the next run uses again. */
  async function stacked(
    count: number,
    inputsOf: (i: number) => Promise<Inputs>,
    shared: readonly string[] = [],
  ): Promise<Inputs> {
    if (count === 1) return inputsOf(0);
    for (let i = 0; i < count; i++) {
      const inputs = Object.entries(await inputsOf(i));
      const arrays = inputs.map(([name, values]): [string, HostArray] => {
        if (shared.includes(name)) return [name, values];
        const shape = [count * values.length];
        const fits = stacks[name]?.length === shape[0];
        return [name, fits ? stacks[name]! : newArray({ shape, dtype: dtypeOf(values) })];
      });
      stacks = Object.fromEntries(arrays);
      for (const [name, values] of inputs) if (!shared.includes(name)) stacks[name]!.set(values, i * values.length);
    }
    return stacks;
  }

  async function inOnePass(
    state: TrainingState,
    batch: StepBatch,
    first: StepPlace,
    steps: number,
  ): Promise<StepResult> {
    const size = batch.count / steps;
    const inputs = await stacked(steps, async (i) => {
      const place = { ...first, step: first.step + i, done: first.done + i };
      const { images, labels } = await batch.next();
      const drawn = draw(place, { ghostBatch: 0, copy: 0 }, size);
      return { images, labels, ...drawn, ...scalars(state.updates + i, place) };
    });
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
    batch: StepBatch,
    sizes: readonly number[],
    place: StepPlace,
  ): Promise<StepResult> {
    const { parameters, optimizer } = state;
    zeros ??= new Float32Array(learner.model.layout.size);
    let [lossSum, correct, ghostBatch, passes] = [0, 0, 0, 0];
    let sums: { gradientSum: Value; statistics: DeviceArray } = { gradientSum: zeros, statistics: state.statistics };
    for (const { size, count } of alike(sizes, mostPasses)) {
      const shared = count > 1 ? sharedByPasses : [];
      const program = await programs.pass(size, count, shared);
      let ghost: Batch;
      for (let copy = 0; copy < copies; copy++) {
        const inputs = await stacked(
          count,
          async (i) => {
            if (copy === 0) ghost = await batch.next();
            const drawn = draw(place, { ghostBatch: ghostBatch + i, copy }, size);
            return { images: ghost.images, labels: ghost.labels, ...drawn };
          },
          shared,
        );
        const results = await program.run({ parameters, ...sums, ...inputs });
        if (sums.gradientSum !== zeros) disposeBoth(sums);
        sums = { gradientSum: results.gradientSum!, statistics: results.statistics as DeviceArray };
        lossSum += (sumOf(results.loss) * size) / copies;
        correct += sumOf(results.correct) / copies;
        passes += count;
      }
      ghostBatch += count;
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
    const sizes = ghostBatches(batch.count, spec.batchSize, spec.ghostBatchSize);
    const isOnePass = sizes.length * copies === 1;
    return isOnePass ? inOnePass(state, batch, place, steps) : inManyPasses(state, batch, sizes, place);
  };
}

/** Neighbours of one size, at most so many together. */
function alike(sizes: readonly number[], most: number): { readonly size: number; readonly count: number }[] {
  const groups: { size: number; count: number }[] = [];
  for (const size of sizes) {
    const last = groups.at(-1);
    if (last?.size === size && last.count < most) last.count++;
    else groups.push({ size, count: 1 });
  }
  return groups;
}

type Inputs = Readonly<Record<string, HostArray>>;

function disposeBoth({ gradientSum, statistics }: { gradientSum: Value; statistics: DeviceArray }): void {
  (gradientSum as DeviceArray).dispose();
  statistics.dispose();
}

/** Of a scalar, or of one number a step. */
const sumOf = (values: Value | undefined): number => (values as Float32Array).reduce((a, b) => a + b, 0);
