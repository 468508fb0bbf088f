/** What the host draws for a pass: θ's numbers and dropout's. Functions of (seed, place in the training) alone. */
import type { RunSpec } from '../config/schema.js';
import { drawNoise, noiseFactor } from '../smoothout/perturbation.js';
import { createUniformBuffer, type Stream } from '../support/random.js';
import type { Learner } from './programs.js';

/** Where in the training a step is. */
export interface StepPlace {
  /** Counted from 0. */
  readonly epoch: number;
  /** Within the epoch, from 0. */
  readonly step: number;
  /** Steps done before this one, and steps of the whole training: t and T of the noise schedule. */
  readonly done: number;
  readonly total: number;
  readonly learningRate: number;
}

/** Which pass of a step it is: the ghost batch it sees, and which of deterministic SmoothOut's copies it is of. */
export interface PassPlace {
  readonly ghostBatch: number;
  readonly copy: number;
}

export type Draw = (place: StepPlace, pass: PassPlace, images: number) => Record<string, Float32Array>;

/** The arrays that `Draw` returns are reused by its next call. */
export function createDraw(spec: RunSpec, { model, perturbation }: Learner): Draw {
  const { method, seed } = spec;
  const noise = createUniformBuffer(perturbation === null ? 0 : model.layout.size);
  let dropout = createUniformBuffer(0);
  let inNoise = '';
  return (place, pass, images) => {
    const drawn: Record<string, Float32Array> = {};
    if (method.name !== 'baseline' && perturbation !== null) {
      const strength = strengthAt(method, place);
      const stream = noiseStream(seed, method, place, pass);
      // The ghost batches of a step share θ unless each has its own: it need not be drawn again for every one of them.
      const wanted = JSON.stringify(stream);
      if (wanted !== inNoise) {
        const options = { bound: perturbation.bound(strength), parameters: method.noise.parameters };
        drawNoise(noise, stream, model.layout, options);
        inNoise = wanted;
      }
      drawn.noise = noise.values;
      drawn.strength = Float32Array.of(strength);
    }
    if (model.dropoutUnits > 0) {
      const size = images * model.dropoutUnits;
      if (dropout.values.length < size) dropout = createUniformBuffer(size);
      const stream: Stream = { seed, purpose: 'dropout', epoch: place.epoch, step: place.step, chunk: pass.ghostBatch };
      drawn.dropout = dropout.fill(stream, 0.5, 0.5).subarray(0, size);
    }
    return drawn;
  };
}

type NoisyMethod = Exclude<RunSpec['method'], { name: 'baseline' }>;

function strengthAt(method: NoisyMethod, { done, total }: StepPlace): number {
  if (method.name === 'smoothout-deterministic') return method.noise.a;
  return method.noise.a * noiseFactor(method.noise.schedule, done, total);
}

/** θ of Algorithm 1 is new at every step (or ghost batch); θ₁ … θ_N of Fig. 2(a) are drawn once and stay. */
function noiseStream(seed: number, method: NoisyMethod, place: StepPlace, { ghostBatch, copy }: PassPlace): Stream {
  if (method.name === 'smoothout-deterministic') return { seed, purpose: 'noise', chunk: copy };
  const chunk = method.noise.per === 'ghostBatch' ? ghostBatch : 0;
  // Epochs count from 1 here: epoch 0 is deterministic SmoothOut's.
  return { seed, purpose: 'noise', epoch: place.epoch + 1, step: place.step, chunk };
}
