/** What the host draws for a pass: the method's u with its strength, and dropout's numbers. Functions of (seed, place) alone. */
import type { RunSpec } from '../config/schema.js';
import type { Noise } from '../smoothout/method.js';
import { drawNoise, noiseFactor } from '../smoothout/perturbation.js';
import type { Borrowed } from '../support/borrowed.js';
import type { Stream } from '../support/random.js';
import { createNormalBuffer, createUniformBuffer } from '../support/random-buffers.js';
import type { Learner } from './learner.js';

/** Where in the training a step is. */
export interface StepPlace {
  /** Counted from 0. */
  readonly epoch: number;
  /** Within the epoch, from 0. */
  readonly step: number;
  /** Steps done before this one, and steps of the whole training: t and T of the noise schedule. */
  readonly done: number;
  readonly total: number;
  readonly stepsAnEpoch: number;
  /** Of the epoch, before what warm-up and decay make of it at each step. */
  readonly learningRate: number;
}

/** Which pass of a step it is: the ghost batch it sees, and which of deterministic SmoothOut's copies it is of. */
export interface PassPlace {
  readonly ghostBatch: number;
  readonly copy: number;
}

export function createDraw({ seed }: RunSpec, { model, method: { noise } }: Learner) {
  const size = noise === null ? 0 : model.layout.size;
  const buffer = noise?.distribution === 'gaussian' ? createNormalBuffer(size) : createUniformBuffer(size);
  let u: Borrowed<Float32Array> = new Float32Array(0);
  let uniforms = createUniformBuffer(0);
  let drawn = '';
  return {
    /** u [parameters] and a; nothing for a method without noise. */
    noise(place: StepPlace, pass: PassPlace): Borrowed<{ readonly u?: Float32Array; readonly a?: Float32Array }> {
      if (noise === null) return {};
      const stream = noiseStream(seed, noise, place, pass);
      // The ghost batches of a step share u unless each has its own: it need not be drawn again for every one of them.
      const wanted = JSON.stringify(stream);
      if (wanted !== drawn) u = drawNoise(buffer, stream, model.layout, noise.parameters);
      drawn = wanted;
      const factor = noiseFactor(noise.schedule, place.done, place.total, noise.alpha);
      return { u, a: Float32Array.of(noise.a * factor) };
    },
    /** Numbers on (0, 1) [images, dropoutUnits]; nothing where the network has no dropout. */
    dropout(place: StepPlace, pass: PassPlace, images: number): Borrowed<{ readonly dropout?: Float32Array }> {
      if (model.dropoutUnits === 0) return {};
      const size = images * model.dropoutUnits;
      if (uniforms.values.length < size) uniforms = createUniformBuffer(size);
      const { epoch, step } = place;
      const stream: Stream = { seed, purpose: 'dropout', epoch, step, chunk: pass.ghostBatch };
      return { dropout: uniforms.fill(stream, 0.5, 0.5).subarray(0, size) };
    },
  };
}

/** θ of Algorithm 1 is new at every step (or ghost batch); θ₁ … θ_N of Fig. 2(a) are drawn once and stay. */
function noiseStream(seed: number, { per }: Noise, place: StepPlace, { ghostBatch, copy }: PassPlace): Stream {
  if (per === 'copy') return { seed, purpose: 'noise', chunk: copy };
  // Epochs count from 1 here: epoch 0 is that of the copies.
  return { seed, purpose: 'noise', epoch: place.epoch + 1, step: place.step, chunk: per === 'step' ? 0 : ghostBatch };
}
