/** What learns: a network, its optimizer and the method of training, as a run's settings say. */
import type { RunSpec } from '../config/schema.js';
import type { ImageSource } from '../data/source.js';
import type { Layout } from '../nn/layout.js';
import { buildModel, type Model } from '../nn/model.js';
import { adam } from '../optim/adam.js';
import { lars } from '../optim/lars.js';
import { momentum } from '../optim/momentum.js';
import type { Optimizer } from '../optim/optimizer.js';
import { buildMethod } from './methods.js';

export type Learner = Awaited<ReturnType<typeof buildLearner>>;

type ImageKind = Pick<ImageSource, 'classes' | 'shape'>;

export async function buildLearner(spec: RunSpec, images: ImageKind) {
  const { optimizer, method } = spec;
  const model = await buildNetwork(spec, images);
  return {
    model,
    optimizer: buildOptimizer(optimizer, model.layout),
    // LARS decays the weights itself: its rates depend on the gradient without the decay.
    gradient: { clipNorm: optimizer.clipNorm, weightDecay: optimizer.name === 'lars' ? 0 : optimizer.weightDecay },
    method: buildMethod(method, model.layout),
    average: spec.average,
  };
}

export function buildNetwork({ model, dropout, hidden }: RunSpec, { classes, shape }: ImageKind): Promise<Model> {
  return buildModel(model, { classes, inputShape: shape, dropout, hidden });
}

function buildOptimizer(settings: RunSpec['optimizer'], layout: Layout): Optimizer {
  switch (settings.name) {
    case 'adam':
      return adam();
    case 'sgd':
      return momentum(settings.momentum);
    case 'lars':
      return lars(layout, settings);
  }
}
