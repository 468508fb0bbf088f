/**
 * What is asked of the process that computes one side: a JSON object a line, each answered by a line. The sides run in
 * processes of their own, so that each has its own threads and its own peak of memory, and in turn: none computes while
 * the other does.
 */
import type { RunSpec } from '../../src/config/schema.js';
import type { ImageShape } from '../../src/data/source.js';

/** The product of two square matrices of this size. */
export interface ProductTask {
  readonly kind: 'product';
  readonly size: number;
}

interface NetworkTask {
  readonly spec: RunSpec;
  readonly classes: number;
  readonly shape: ImageShape;
}

/** One update of the parameters by the method, optimizer and batches of `spec`. */
export interface StepTask extends NetworkTask {
  readonly kind: 'step';
  readonly learningRate: number;
}

/** The loss and its gradient over so many images, by running batch statistics, as the sharpness stage needs them. */
export interface GradientTask extends NetworkTask {
  readonly kind: 'gradient';
  readonly images: number;
  readonly batchSize: number;
}

export type Task = ProductTask | StepTask | GradientTask;

export type Request =
  /** Makes everything ready to run the task under this name. */
  | { readonly do: 'prepare'; readonly name: string; readonly task: Task }
  /** Does it so many times, always from the same start, after some that are not timed. */
  | { readonly do: 'run'; readonly name: string; readonly times: number; readonly untimed: number }
  /** The most memory the process has had resident. */
  | { readonly do: 'memory' };

export interface Prepared {
  /** Of compiling; 0 where nothing is compiled. */
  readonly seconds: number;
}

export interface Ran {
  /** Wall time of all `times` together, without those that are not timed. */
  readonly seconds: number;
  /** A number that came out in the end (a loss): proof that something sensible was computed. */
  readonly outcome: number;
}

export interface Memory {
  /** Null where the system does not say. */
  readonly bytes: number | null;
}

export type Reply = Prepared | Ran | Memory | { readonly error: string };
