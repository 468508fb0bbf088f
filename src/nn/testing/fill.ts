/**
 * Test inputs that `scripts/pytorch/make_goldens.py` computes too, bit for bit: an integer hash, exact in both languages.
 */
import type { TensorSpec } from '../../engine/engine.js';
import { sizeOf } from '../../support/shape.js';
import type { ParameterSlot } from '../layout.js';
import type { Model } from '../model.js';

/** Streams of the hash; parameters count from 0. */
const STATISTICS = 2000;
const IMAGES = 4000;
const LABELS = 4001;
const DROPOUT = 4002;
const LOGITS = 4003;
const POSITIONS = 5000;
export const STREAMS = { parameters: 0, statistics: STATISTICS, logits: LOGITS } as const;

/** An input of a test: host values with what an engine has to know about them. */
export interface TestInput extends TensorSpec {
  readonly values: Float32Array | Int32Array;
}

/** Everything a training step of `model` takes, flat as the layout has it: parameters, statistics, images … */
export function testInputs(model: Model, batch: number, seed: number) {
  const { layout, inputShape, classes, dropoutUnits } = model;
  const { channels, height, width } = inputShape;
  return {
    parameters: vector(fillAll(layout.parameters, (slot, index) => fill(seed, index, slot.size, ...range(slot)))),
    statistics: vector(
      fillAll(layout.statistics, ({ size, initial }, index) =>
        fill(seed, STATISTICS + index, size, initial - 0.5, initial + 0.5),
      ),
    ),
    images: filled(seed, IMAGES, [batch, channels, height, width], -1, 1),
    labels: { shape: [batch], dtype: 'int32', values: Int32Array.from(indices(seed, LABELS, batch, classes)) },
    dropout: filled(seed, DROPOUT, [batch, dropoutUnits], 0, 1),
  } satisfies Record<string, TestInput>;
}

/** The positions in a tensor of `size` values that a golden records. */
export function samplePositions(seed: number, stream: number, count: number, size: number): number[] {
  return indices(seed, POSITIONS + stream, count, size);
}

function range({ role, shape, initial }: ParameterSlot): [low: number, high: number] {
  if (role === 'batchNormScale') return [0.5, 1.5];
  if (role === 'batchNormShift') return [-0.5, 0.5];
  const bound = initial.kind === 'uniform' ? initial.bound : 1 / Math.sqrt(sizeOf(shape.slice(1)));
  return [-bound, bound];
}

function filled(seed: number, stream: number, shape: readonly number[], low: number, high: number): TestInput {
  return { shape, dtype: 'float32', values: fill(seed, stream, sizeOf(shape), low, high) };
}

function vector(values: Float32Array): TestInput {
  return { shape: [values.length], dtype: 'float32', values };
}

function fillAll<S extends { readonly offset: number; readonly size: number }>(
  slots: readonly S[],
  fillOne: (slot: S, index: number) => Float32Array,
): Float32Array {
  const flat = new Float32Array(slots.reduce((total, { size }) => total + size, 0));
  slots.forEach((slot, index) => {
    flat.set(fillOne(slot, index), slot.offset);
  });
  return flat;
}

function fill(seed: number, stream: number, count: number, low: number, high: number): Float32Array {
  return Float32Array.from(
    { length: count },
    (_, i) => low + (high - low) * ((hash(seed, stream, i) >>> 8) * 2 ** -24),
  );
}

function indices(seed: number, stream: number, count: number, bound: number): number[] {
  return Array.from({ length: count }, (_, i) => Math.floor((hash(seed, stream, i) * bound) / 2 ** 32));
}

/** The finaliser of MurmurHash3 over a counter. */
function hash(seed: number, stream: number, index: number): number {
  let x = (index + Math.imul(seed, 0x85ebca6b) + Math.imul(stream, 0x9e3779b9)) | 0;
  x ^= x >>> 16;
  x = Math.imul(x, 0x85ebca6b);
  x ^= x >>> 13;
  x = Math.imul(x, 0xc2b2ae35);
  x ^= x >>> 16;
  return x >>> 0;
}
