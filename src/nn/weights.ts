/** A model's weights: flat vectors, drawn from a seed or made from the named tensors of a checkpoint. */
import { SmoothOutError } from '../support/errors.js';
import { normal, type Stream, uniform } from '../support/random.js';
import type { StoredTensor, StoredTensors } from '../support/safetensors.js';
import type { Layout, ParameterSlot, Slot } from './layout.js';

export interface InitialisationSettings {
  readonly seed: number;
  /**
   * How the scale of batch normalisation starts where the network does not say (all but ResNet44): at 1, as in PyTorch
   * today, or from U(0, 1), as in version 0.3.1, which the authors used.
   */
  readonly batchNormScale: 'one' | 'uniform';
}

/** A model's parameters and running statistics, each flat as its layout has it. */
export interface Weights {
  readonly parameters: Float32Array;
  readonly statistics: Float32Array;
}

/** The starting point of a run: a function of the seed alone, each parameter from a stream of its own. */
export function initialise(layout: Layout, settings: InitialisationSettings): Weights {
  const parameters = new Float32Array(layout.size);
  layout.parameters.forEach((slot, index) => {
    const stream: Stream = { seed: settings.seed, purpose: 'initialisation', chunk: index };
    parameters.set(draw(slot, stream, settings.batchNormScale), slot.offset);
  });
  const statistics = new Float32Array(layout.statisticsSize);
  for (const { offset, size, initial } of layout.statistics) statistics.fill(initial, offset, offset + size);
  return { parameters, statistics };
}

function draw({ size, initial }: ParameterSlot, stream: Stream, batchNormScale: 'one' | 'uniform'): Float32Array {
  switch (initial.kind) {
    case 'uniform':
      return uniform(stream, size, -initial.bound, initial.bound);
    case 'normal':
      return normal(stream, size, initial.standardDeviation);
    case 'constant':
      return new Float32Array(size).fill(initial.value);
    case 'batchNormScale':
      return batchNormScale === 'one' ? new Float32Array(size).fill(1) : uniform(stream, size);
  }
}

/** Checkpoints hold vectors of the training beside the network's tensors: these stand before their names. */
export const TRAINING_PREFIXES = { optimizer: 'optimizer.', memory: 'method.', average: 'average.' } as const;
const isOfTraining = (name: string) => Object.values(TRAINING_PREFIXES).some((prefix) => name.startsWith(prefix));

/** The tensors under their PyTorch names, as views of the flat vectors: nothing is copied. */
export function toTensors({ parameters, statistics }: Weights, layout: Layout): StoredTensors {
  return { ...views(parameters, layout.parameters), ...views(statistics, layout.statistics) };
}

/** What PyTorch's wrappers put before every name: DataParallel and AveragedModel, torch.compile, Lightning. */
const WRAPPERS = /^((module|_orig_mod|model)\.)+/;

/**
 * The flat vectors of a checkpoint's tensors: the inverse of `toTensors`. The names may have the prefixes of PyTorch's
 * wrappers; vectors of the training, counters and other buffers of whole numbers are passed over.
 * @param source names the checkpoint in errors.
 * @throws SmoothOutError CHECKPOINT_INVALID where a tensor is missing, unknown, of another shape or type, not finite, or a
 * variance below zero.
 */
export function fromTensors(stored: StoredTensors, layout: Layout, source: string): Weights {
  const tensors = Object.fromEntries(Object.entries(stored).filter(([name]) => !isOfTraining(name)));
  const slots: readonly Slot[] = [...layout.parameters, ...layout.statistics];
  const isWhole = slots.every(({ name }) => Object.hasOwn(tensors, name));
  const named = isWhole ? tensors : unwrapped(tensors, source);
  const known = new Set(slots.map(({ name }) => name));
  const unknown = Object.keys(named).filter((name) => !known.has(name) && isFloating(named[name]!));
  const missing = slots.filter(({ name }) => !Object.hasOwn(named, name)).map(({ name }) => name);
  const surplus = unknown.length > 0 && `holds ${listed(unknown)}, which the model does not have`;
  if (missing.length > 0) throw mismatch(source, `lacks ${listed(missing)}${surplus ? `; it ${surplus}` : ''}`);
  if (surplus) throw mismatch(source, surplus);
  return {
    parameters: gather(named, layout.parameters, layout.size, source),
    statistics: gather(named, layout.statistics, layout.statisticsSize, source),
  };
}

function unwrapped(tensors: StoredTensors, source: string): StoredTensors {
  const named = new Map<string, StoredTensor>();
  for (const [wrapped, tensor] of Object.entries(tensors)) {
    const name = wrapped.replace(WRAPPERS, '');
    if (named.has(name)) throw mismatch(source, `holds "${name}" under several prefixes`);
    named.set(name, tensor);
  }
  return Object.fromEntries(named);
}

const isFloating = ({ data }: StoredTensor) => data instanceof Float32Array || data instanceof Float64Array;

function views(flat: Float32Array, slots: readonly Slot[]): StoredTensors {
  return Object.fromEntries(
    slots.map(({ name, shape, offset, size }) => [name, { shape, data: flat.subarray(offset, offset + size) }]),
  );
}

function gather(tensors: StoredTensors, slots: readonly Slot[], size: number, source: string): Float32Array {
  const flat = new Float32Array(size);
  for (const slot of slots) flat.set(checked(tensors[slot.name]!, slot, source), slot.offset);
  return flat;
}

function checked({ shape, data }: StoredTensor, { name, shape: expected }: Slot, source: string): Float32Array {
  if (shape.length !== expected.length || shape.some((extent, axis) => extent !== expected[axis])) {
    throw mismatch(source, `has "${name}" with shape [${shape}], where the model has [${expected}]`);
  }
  if (!(data instanceof Float32Array || data instanceof Float64Array)) {
    throw mismatch(source, `has "${name}" as ${data.constructor.name}, where floating-point numbers are expected`);
  }
  const values = data instanceof Float32Array ? data : Float32Array.from(data);
  const least = name.endsWith('running_var') ? 0 : Number.NEGATIVE_INFINITY;
  const wrong = values.findIndex((value) => !Number.isFinite(value) || value < least);
  if (wrong < 0) return values;
  throw new SmoothOutError('CHECKPOINT_INVALID', `${source}: "${name}" holds ${data[wrong]} at ${wrong}`, {
    hint: 'Weights must be finite, and variances not below zero. Training that diverged leaves such files.',
  });
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 3).map((name) => `"${name}"`);
  const rest = names.length - shown.length;
  return rest > 0 ? `${shown.join(', ')} and ${rest} more tensors` : shown.join(', ');
}

function mismatch(source: string, what: string): SmoothOutError {
  return new SmoothOutError('CHECKPOINT_INVALID', `${source} ${what}`, {
    hint: 'check that the checkpoint was made by this model, with this number of classes',
  });
}
