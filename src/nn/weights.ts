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

/** The network's tensors of a checkpoint of either kind. */
export function networkTensors(tensors: StoredTensors): StoredTensors {
  const isOfTraining = (name: string) => Object.values(TRAINING_PREFIXES).some((prefix) => name.startsWith(prefix));
  return Object.fromEntries(Object.entries(tensors).filter(([name]) => !isOfTraining(name)));
}

/** The tensors under their PyTorch names, as views of the flat vectors: nothing is copied. */
export function toTensors({ parameters, statistics }: Weights, layout: Layout): StoredTensors {
  return { ...views(parameters, layout.parameters), ...views(statistics, layout.statistics) };
}

/**
 * The flat vectors of a checkpoint's tensors: the inverse of `toTensors`. PyTorch's counters (`num_batches_tracked`),
 * which nothing here uses, are passed over.
 * @param source names the checkpoint in errors.
 * @throws SmoothOutError CHECKPOINT_INVALID where a tensor is missing, unknown, or of another shape or type.
 */
export function fromTensors(tensors: StoredTensors, layout: Layout, source: string): Weights {
  const slots: readonly Slot[] = [...layout.parameters, ...layout.statistics];
  const missing = slots.filter(({ name }) => !Object.hasOwn(tensors, name)).map(({ name }) => name);
  if (missing.length > 0) throw mismatch(source, `lacks ${listed(missing)}`);
  const known = new Set(slots.map(({ name }) => name));
  const unknown = Object.keys(tensors).filter((name) => !known.has(name) && !name.endsWith('.num_batches_tracked'));
  if (unknown.length > 0) throw mismatch(source, `holds ${listed(unknown)}, which the model does not have`);
  return {
    parameters: gather(tensors, layout.parameters, layout.size, source),
    statistics: gather(tensors, layout.statistics, layout.statisticsSize, source),
  };
}

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

function checked({ shape, data }: StoredTensor, slot: Slot, source: string): Float32Array {
  if (shape.length !== slot.shape.length || shape.some((extent, axis) => extent !== slot.shape[axis])) {
    throw mismatch(source, `has "${slot.name}" with shape [${shape}], where the model has [${slot.shape}]`);
  }
  if (data instanceof Float32Array) return data;
  throw mismatch(source, `has "${slot.name}" as ${data.constructor.name}, where float32 is expected`);
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
