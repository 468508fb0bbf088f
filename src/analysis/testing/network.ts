/** A small network with batch normalisation, trained in a second on images drawn here. */
import { openImages, type SplitImages } from '../../data/batches.js';
import type { ImageSource } from '../../data/source.js';
import { createOnnxEngine } from '../../engine/onnx/cpu/engine.js';
import { minimize } from '../../lbfgsb/minimize.js';
import { buildModel, type Model } from '../../nn/model.js';
import { initialise, type Weights } from '../../nn/weights.js';
import { createStatisticsEstimator } from '../../session/batch-statistics.js';
import { normal } from '../../support/random.js';
import { createSplitLoss, type SplitLossOptions } from '../split-loss.js';

export const NEVER: AbortSignal = new AbortController().signal;

/** Each class has a prototype; an image is its class's with noise that outweighs it. */
export function patternImages(count: number, seed: number, side = 28): ImageSource {
  const size = side * side;
  const classes = 10;
  const prototypes = normal({ seed: 1, purpose: 'test' }, classes * size, 0.25);
  const noise = normal({ seed, purpose: 'test', step: 1 }, count * size);
  const labels = Int32Array.from({ length: count }, (_, i) => (i * 7) % classes);
  return {
    name: `${count} patterns`,
    count,
    classes,
    shape: { channels: 1, height: side, width: side },
    labels,
    async read(indices, out) {
      for (const [row, i] of indices.entries()) {
        for (let k = 0; k < size; k++) {
          out[row * size + k] = prototypes[labels[i]! * size + k]! + noise[i * size + k]!;
        }
      }
    },
  };
}

export interface TrainedNetwork {
  readonly model: Model;
  readonly weights: Weights;
  readonly source: ImageSource;
  readonly images: SplitImages;
  readonly w: Float64Array;
  /** Options of its training loss with running statistics, to be changed at will. */
  readonly objective: Omit<SplitLossOptions, 'onBatch'>;
}

/** 784–16–10 with a batch-normalised hidden layer, after `iterations` of L-BFGS on its training loss. */
export async function trainSmallNetwork(iterations: number, count = 400): Promise<TrainedNetwork> {
  const engine = createOnnxEngine({ threads: 1 });
  const model = await buildModel('mlp', { classes: 10, hidden: [16], dropout: 0 });
  const initial = initialise(model.layout, { seed: 1, batchNormScale: 'one' });
  const source = patternImages(count, 2);
  const images = await openImages(source);
  const objective = {
    ...{ engine, model, images, statistics: initial.statistics, signal: NEVER },
    ...({ batchNorm: 'batch', batchSize: count } as const),
  };
  const training = createSplitLoss(objective);
  const { x } = await minimize(training.evaluate, Float64Array.from(initial.parameters), { maxIterations: iterations });
  const parameters = Float32Array.from(x);
  const estimator = createStatisticsEstimator(engine, model);
  const statistics = await estimator.estimate(parameters, images.batches(count), () => 1);
  await training.dispose();
  await estimator.dispose();
  return {
    model,
    weights: { parameters, statistics },
    source,
    images,
    w: Float64Array.from(parameters),
    objective: { ...objective, statistics, batchNorm: 'running', batchSize: 200 },
  };
}
