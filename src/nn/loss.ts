/** The loss of a batch as a function of flat parameters: what training, evaluation and sharpness all differentiate. */
import * as tf from '@tensorflow/tfjs';
import type { NamedTensors, Signature } from '../engine/engine.js';
import { join, split } from './flat.js';
import type { Mode, Model } from './model.js';

export interface ClassificationLoss {
  /** Cross-entropy averaged over the images (nats), and its sum. */
  readonly mean: tf.Scalar;
  readonly sum: tf.Scalar;
  /** How many images have their label's logit as the largest (the first of equals), as a float32 scalar. */
  readonly correct: tf.Scalar;
}

/** Cross-entropy of the softmax of `logits` [N, classes] against `labels` [N] (int32): `torch.nn.CrossEntropyLoss`. */
export function crossEntropy(logits: tf.Tensor, labels: tf.Tensor): ClassificationLoss {
  const [images = 0, classes = 0] = logits.shape;
  const isLabel = tf.equal(tf.expandDims(labels, 1), tf.range(0, classes, 1, 'int32'));
  const logLikelihoods = tf.mul(tf.logSoftmax(logits), tf.cast(isLabel, 'float32'));
  const sum = tf.neg(tf.sum(logLikelihoods)) as tf.Scalar;
  const correct = tf.sum(tf.cast(tf.equal(tf.argMax(logits, 1), labels), 'float32')) as tf.Scalar;
  return { mean: tf.div(sum, images), sum, correct };
}

export interface Objective {
  readonly value: tf.Scalar;
  /** Tensors computed on the way that the caller needs too: running statistics, counts. */
  readonly extras: NamedTensors;
}

export interface ObjectiveAndGradient extends Objective {
  readonly gradient: tf.Tensor1D;
}

/** The value of `objective` at the flat parameters `at`, its gradient there, and its extras. */
export function withGradient(objective: (parameters: tf.Tensor1D) => Objective, at: tf.Tensor1D): ObjectiveAndGradient {
  // tfjs disposes what the differentiated function computes but does not return, and it may return one scalar only.
  let kept: [string, tf.Tensor][] = [];
  const { value, grad } = tf.valueAndGrad((parameters: tf.Tensor) => {
    const { value: loss, extras } = objective(parameters as tf.Tensor1D);
    kept = Object.entries(extras).map(([name, tensor]) => [name, tf.keep(tf.clone(tensor))]);
    return loss;
  })(at);
  const extras = Object.fromEntries(
    kept.map(([name, tensor]) => {
      const ofCaller = tf.clone(tensor);
      tensor.dispose();
      return [name, ofCaller];
    }),
  );
  return { value: value as tf.Scalar, gradient: grad as tf.Tensor1D, extras };
}

/** A batch as a program takes it; `statistics` are the running ones, flat. */
export function batchSignature(model: Model, batchSize: number, mode: Mode): Signature {
  const { channels, height, width } = model.inputShape;
  return {
    statistics: float(model.layout.statisticsSize),
    images: { shape: [batchSize, channels, height, width], dtype: 'float32' },
    labels: { shape: [batchSize], dtype: 'int32' },
    ...(mode === 'train' && model.dropoutUnits > 0 && { dropout: float(batchSize, model.dropoutUnits) }),
  };
}

export const float = (...shape: number[]) => ({ shape, dtype: 'float32' as const });

export interface BatchLoss {
  /** Cross-entropy of the batch, mean and sum (nats), and the number of correct predictions. */
  readonly mean: tf.Scalar;
  readonly sum: tf.Scalar;
  readonly correct: tf.Scalar;
  /** The running statistics after the batch, flat. */
  readonly statistics: tf.Tensor1D;
}

/** @param batch the tensors of `batchSignature`. */
export function batchLoss(model: Model, parameters: tf.Tensor1D, batch: NamedTensors, mode: Mode): BatchLoss {
  const { layout } = model;
  const { logits, statistics } = model.forward(
    {
      parameters: split(parameters, layout.parameters),
      statistics: split(batch.statistics as tf.Tensor1D, layout.statistics),
      images: batch.images!,
      ...(batch.dropout && { dropout: batch.dropout }),
    },
    mode,
  );
  return { ...crossEntropy(logits, batch.labels!), statistics: join(statistics, layout.statistics) };
}
