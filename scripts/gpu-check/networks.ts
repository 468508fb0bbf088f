/** The paper's networks as they are checked: with batches, and where asked images, that any machine can do. */
import { stepTask } from '../bench/measurements.js';
import type { StepTask } from '../bench/protocol.js';

export interface CheckedNetwork {
  readonly name: string;
  /** Of scripts/bench/measurements.ts. */
  readonly measurement: string;
  readonly method: 'smoothout' | 'adasmoothout';
  /** Two ghost batches of 8, or one batch of 8: batch normalisation over fewer images magnifies rounding. */
  readonly ghosts: 1 | 2;
  /** The least side of an image that leaves something to pool, or a little more. */
  readonly leastSide: number;
}

export const NETWORKS: readonly CheckedNetwork[] = [
  { name: 'f1', measurement: 'f1-sb-', method: 'adasmoothout', ghosts: 1, leastSide: 6 },
  { name: 'c1', measurement: 'c1-sb-', method: 'smoothout', ghosts: 1, leastSide: 8 },
  { name: 'c3', measurement: 'c3-sb-', method: 'adasmoothout', ghosts: 2, leastSide: 8 },
  { name: 'resnet44', measurement: 'resnet44-sb-', method: 'smoothout', ghosts: 1, leastSide: 8 },
  { name: 'alexnet', measurement: 'alexnet-gbn-', method: 'smoothout', ghosts: 2, leastSide: 63 },
];

const IMAGES = 8;

/** A step of a few images under momentum. With `small`, the images are as small as the network takes. */
export async function smallTask(network: CheckedNetwork, small: boolean): Promise<StepTask> {
  const { measurement, method, ghosts, leastSide } = network;
  const { spec, shape, ...rest } = await stepTask(measurement, method);
  return {
    ...rest,
    learningRate: 0.001,
    shape: small ? { ...shape, height: leastSide, width: leastSide } : shape,
    spec: {
      ...spec,
      optimizer: { ...spec.optimizer, name: 'sgd', momentum: 0.9, weightDecay: 1e-4 },
      batchSize: ghosts * IMAGES,
      ghostBatchSize: ghosts === 1 ? null : IMAGES,
    },
  };
}
