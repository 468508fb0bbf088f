import { firstImages } from '../../data/source.js';
import type { Laboratory, Subject } from '../laboratory.js';
import { openImages } from '../objective.js';
import { NEVER, patternImages, type TrainedNetwork } from './network.js';

/** What a command would have opened: the network with the images it was trained on, and as many others. */
export function subjectOf({ model, weights, source }: TrainedNetwork, path: string): Subject {
  const spec = { model: 'mlp', dataset: 'mnist', synthetic: true, validation: 'test' };
  const file = { path, sha256: 'f'.repeat(64), origin: null, epoch: 3, tensors: {}, spec };
  return {
    // The analyses read no other settings of the run.
    file: file as unknown as Subject['file'],
    model,
    weights,
    splits: { train: source, test: patternImages(source.count, 9) },
  };
}

export function laboratoryOf({ objective: { engine } }: TrainedNetwork): Laboratory {
  return {
    engine,
    signal: NEVER,
    open: () => Promise.reject(new Error('nothing to open')),
    images: ({ splits }, split, count) => openImages(firstImages(splits[split], count)),
    dispose: async () => {},
  };
}
