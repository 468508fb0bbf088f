/** What a step takes and yields on the host, whether its batch is one pass (one-pass.ts) or several (many-passes.ts). */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RunSpec } from '../config/schema.js';
import type { Batch } from '../data/batches.js';
import { shareAt } from '../optim/average.js';
import { stepFactor } from '../optim/learning-rate.js';
import type { Borrowed } from '../support/borrowed.js';
import { createDraw, type StepPlace } from './draws.js';
import type { Learner } from './learner.js';
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
type EqualSizes = Readonly<ReturnType<typeof equalSizes>[number]>;

/** The parts of the batches in their order, ghost batch by ghost batch, so that only one need be in memory. */
export type Parts = AsyncIterator<Borrowed<Batch>, unknown>;

/**
 * Makes an update for each batch; `first` is the place of the first. It ends early, between two steps, once the signal is
 * aborted. The arrays of a state go back to the device when the next state takes its place.
 */
export type TakeSteps = (
  state: TrainingState,
  batches: EqualSizes,
  parts: Parts,
  first: StepPlace,
) => AsyncGenerator<StepResult, void, void>;

export type StepInputs = ReturnType<typeof createInputs>;

/** What the host gives the programs of each step beside the images. */
export function createInputs(spec: RunSpec, learner: Learner, signal: AbortSignal) {
  const { average, optimizer } = learner;
  const { decay, warmup } = spec.optimizer;
  return {
    ...createDraw(spec, learner),

    /** The numbers of the update after so many. */
    scalars(updates: number, place: StepPlace) {
      const factor = stepFactor(place.done, place.total, { decay, warmup: Math.round(warmup * place.stepsAnEpoch) });
      const values = {
        ...optimizer.scalars(updates + 1, place.learningRate * factor),
        ...(average && { share: shareAt(average, place) }),
      };
      return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Float32Array.of(value)]));
    },

    /** The places of steps one after another, until the signal is aborted. */
    async *places(first: StepPlace, count: number) {
      for (let i = 0; i < count; i++) {
        // Signals arrive between turns of the event loop only.
        await nextTurn();
        if (signal.aborted) return;
        yield { ...first, step: first.step + i, done: first.done + i };
      }
    },
  };
}

/** The place of a pass that is the whole step. */
export const WHOLE = { ghostBatch: 0, copy: 0 };

export type ImageBatch = Pick<Batch, 'images' | 'labels'> & { readonly dropout?: Float32Array };

export async function nextPart(parts: Parts): Promise<Borrowed<ImageBatch>> {
  const { value, done } = await parts.next();
  if (done) throw new Error('a step was given fewer images than its batch has');
  const { images, labels } = value;
  return { images, labels };
}

/** Neighbours of one size together. */
export function equalSizes(sizes: readonly number[]) {
  const groups: { size: number; count: number }[] = [];
  for (const size of sizes) {
    const last = groups.at(-1);
    if (last?.size === size) last.count++;
    else groups.push({ size, count: 1 });
  }
  return groups;
}
