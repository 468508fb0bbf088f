/** A session and a checkpoint file of a small network, without files. */
import { resolveRuns } from '../../config/resolve.js';
import { configSchema } from '../../config/schema.js';
import { openImages } from '../../data/batches.js';
import type { Engine } from '../../engine/engine.js';
import type { CheckpointFile } from '../../session/checkpoint-file.js';
import type { Session } from '../../session/session.js';
import { NEVER, patternImages, type TrainedNetwork } from './network.js';

/** What a command would have opened: the network with the images it was trained on, and as many others. */
export function checkpointOf(
  { model, weights, source }: Pick<TrainedNetwork, 'model' | 'weights' | 'source'>,
  path: string,
): CheckpointFile {
  const settings = { experiment: 'small', model: 'mlp', dataset: 'mnist', synthetic: true, epochs: 1 };
  const [spec] = resolveRuns(configSchema.parse({ ...settings, methods: [{ name: 'baseline' }] }));
  const splits = { train: source, test: patternImages(source.count, 9) };
  return { path, sha256: 'f'.repeat(64), spec: spec!, run: null, epoch: 3, model, weights, splits };
}

export const sessionOf = ({ objective: { engine } }: TrainedNetwork): Session => sessionWith(engine);

export function sessionWith(engine: Engine): Session {
  return {
    engine,
    signal: NEVER,
    provenance: {
      gitCommit: null,
      versions: {},
      process: { command: [], lockfile: null, processor: 'test', threads: 1 },
    },
    dataset: () => Promise.reject(new Error('no data set to open')),
    images: (_, source) => openImages(source),
    dispose: async () => {},
  };
}
