/** The loss of a batch as a function of flat parameters: what training, evaluation and sharpness all differentiate. */
import * as tf from '@tensorflow/tfjs';
import { float, type NamedTensors, type TensorsOf } from '../engine/engine.js';
import { statisticsAfter } from './batch-norm.js';
import { split } from './flat.js';
import type { Mode, Model } from './model.js';

/**
 * Cross-entropy of the softmax of `logits` [N, classes] against `labels` [N] (int32), `torch.nn.CrossEntropyLoss`: its mean
 * over the images (nats) and its sum. `correct` is how many images have their label's logit as the largest (the first of
 * equals), as a float32 scalar.
 */
export function crossEntropy(logits: tf.Tensor, labels: tf.Tensor) {
  const [images = 0, classes = 0] = logits.shape;
  const isLabel = tf.equal(tf.expandDims(labels, 1), tf.range(0, classes, 1, 'int32'));
  const logLikelihoods = tf.mul(tf.logSoftmax(logits), tf.cast(isLabel, 'float32'));
  const sum = tf.neg(tf.sum(logLikelihoods)) as tf.Scalar;
  const correct = tf.sum(tf.cast(tf.equal(tf.argMax(logits, 1), labels), 'float32')) as tf.Scalar;
  return { mean: tf.div<tf.Scalar>(sum, images), sum, correct };
}

export interface TrainingLoss<Extras> {
  readonly value: tf.Scalar;
  /** Tensors computed on the way that the caller needs too: running statistics, counts. */
  readonly extras: Extras;
}

/** The value of `loss` at the flat parameters `at`, its gradient there, and its extras. */
export function withGradient<Extras extends NamedTensors>(
  loss: (parameters: tf.Tensor1D) => TrainingLoss<Extras>,
  at: tf.Tensor1D,
): TrainingLoss<Extras> & { readonly gradient: tf.Tensor1D } {
  // tfjs disposes what the differentiated function computes but does not return, and it may return one scalar only.
  let kept: [string, tf.Tensor][] = [];
  const { value, grad } = tf.valueAndGrad((parameters: tf.Tensor) => {
    const { value: scalar, extras } = loss(parameters as tf.Tensor1D);
    kept = Object.entries(extras).map(([name, tensor]) => [name, tf.keep(tf.clone(tensor))]);
    return scalar;
  })(at);
  const extras = kept.map(([name, tensor]) => {
    const ofCaller = tf.clone(tensor);
    tensor.dispose();
    return [name, ofCaller] as const;
  });
  return { value: value as tf.Scalar, gradient: grad as tf.Tensor1D, extras: Object.fromEntries(extras) as Extras };
}

/** Images with their labels as a program takes them. */
export function imageSpecs({ inputShape, dropoutUnits }: Model, count: number, mode: Mode) {
  const { channels, height, width } = inputShape;
  return {
    images: float(count, channels, height, width),
    labels: { shape: [count], dtype: 'int32' },
    ...(mode === 'train' && dropoutUnits > 0 && { dropout: float(count, dropoutUnits) }),
  } as const;
}

/** Images and labels, and the running statistics as one flat vector. */
export function batchSpecs(model: Model, count: number, mode: Mode) {
  return { statistics: float(model.layout.statisticsSize), ...imageSpecs(model, count, mode) } as const;
}

/** The cross-entropy of `batch`, the tensors of `batchSpecs`, and the running statistics after it, flat. */
export function batchLoss(
  model: Model,
  parameters: tf.Tensor1D,
  { statistics: running, images, labels, dropout }: TensorsOf<ReturnType<typeof batchSpecs>>,
  mode: Mode,
) {
  const { layout } = model;
  const named = {
    parameters: split(parameters, layout.parameters),
    statistics: split(running, layout.statistics),
  };
  const { logits, batchStatistics } = model.forward({ ...named, images, dropout }, mode);
  return { ...crossEntropy(logits, labels), statistics: statisticsAfter(running, batchStatistics, layout.statistics) };
}
