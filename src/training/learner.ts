/** What learns: a network, its optimizer and the method of training, as a run's settings say. */
import type { RunSpec } from '../config/schema.js';
import type { ImageSource } from '../data/source.js';
import { buildModel, type Model } from '../nn/model.js';
import { adam } from '../optim/adam.js';
import { momentum } from '../optim/momentum.js';
import type { GradientOptions, Optimizer } from '../optim/optimizer.js';
import type { Method } from '../smoothout/method.js';
import { buildMethod } from '../smoothout/methods.js';

export interface Learner {
  readonly model: Model;
  readonly optimizer: Optimizer;
  readonly gradient: GradientOptions;
  readonly method: Method;
}

export function buildLearner(spec: RunSpec, { classes, shape }: Pick<ImageSource, 'classes' | 'shape'>): Learner {
  const { model: name, dropout, hidden, optimizer, method } = spec;
  const options = { classes, inputShape: shape, ...(dropout !== null && { dropout }), ...(hidden && { hidden }) };
  const model = buildModel(name, options);
  return {
    model,
    optimizer: optimizer.name === 'adam' ? adam() : momentum(optimizer.momentum),
    gradient: { clipNorm: optimizer.clipNorm, weightDecay: optimizer.weightDecay },
    method: buildMethod(method, model.layout),
  };
}
