import { normal, type Stream, uniform } from '../support/random.js';
import type { Layout, ParameterSlot } from './layout.js';

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
