/** The loss of a batch as a function of flat parameters: what training, evaluation and sharpness all differentiate. */
import type * as tf from '@tensorflow/tfjs';
import type { NamedTensors, Signature } from '../engine/engine.js';
import { join, split } from '../nn/flat.js';
import { crossEntropy } from '../nn/loss.js';
import type { Mode, Model } from '../nn/model.js';

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
