import * as tf from '@tensorflow/tfjs';

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
