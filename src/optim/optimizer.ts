/** What a training step needs of an optimizer: a pure update of the flat parameters. */
import type { Scalar, Tensor, Tensor1D } from '@tensorflow/tfjs';

export interface Update {
  readonly parameters: Tensor1D;
  readonly state: Readonly<Record<string, Tensor>>;
}

export interface Optimizer {
  /** Names of the state's flat vectors, each as long as the parameters and 0 at the start. */
  readonly state: readonly string[];
  /** The numbers that change from step to step; `step` counts the updates since the state was 0, from 1 on. */
  scalars(step: number, learningRate: number): Readonly<Record<string, number>>;
  update(
    parameters: Tensor1D,
    gradient: Tensor1D,
    state: Readonly<Record<string, Tensor>>,
    scalars: Readonly<Record<string, Scalar>>,
  ): Update;
}
