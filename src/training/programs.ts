/**
 * The compiled programs of a training run. A batch that is one pass is one program: perturbation, gradient and update.
 * Where a batch is several passes (ghost batches, the copies of deterministic SmoothOut), each pass adds its gradient to
 * a sum and one update follows, so memory is that of one pass.
 */
import * as tf from '@tensorflow/tfjs';
import type { Engine, NamedTensors, Program, Signature } from '../engine/engine.js';
import { createProgramCache } from '../engine/program-cache.js';
import { batchLoss, batchSignature, float, withGradient } from '../nn/loss.js';
import type { Model } from '../nn/model.js';
import { type GradientOptions, type Optimizer, regularise } from '../optim/optimizer.js';
import { smoothOutStep } from '../smoothout/algorithm.js';
import type { Perturbation } from '../smoothout/perturbation.js';

export interface Learner {
  readonly model: Model;
  readonly optimizer: Optimizer;
  readonly gradient: GradientOptions;
  /** Null for the baseline. */
  readonly perturbation: Perturbation | null;
}

export interface TrainingPrograms {
  /** A whole step on a batch of this size; with `steps` above 1, so many of them in one run. */
  step(batchSize: number, steps?: number): Promise<Program>;
  /** One pass of a step: adds the gradient at w + θ to `gradientSum`. With `passes` above 1, so many in one run. */
  pass(batchSize: number, passes?: number, shared?: readonly string[]): Promise<Program>;
  /** The update along `gradientSum` × `weight`. */
  update(): Promise<Program>;
  dispose(): Promise<void>;
}

/** Compiles each program when it is first asked for; equal ones are compiled once. */
export function trainingPrograms(engine: Engine, learner: Learner): TrainingPrograms {
  const { once, dispose } = createProgramCache<string>();
  return {
    step: (batchSize, steps = 1) =>
      once(`step ${batchSize} ${steps}`, () => compileStep(engine, learner, batchSize, steps)),
    pass: (batchSize, passes = 1, shared = []) =>
      once(`pass ${batchSize} ${passes} ${shared}`, () => compilePass(engine, learner, batchSize, passes, shared)),
    update: () => once('update', () => compileUpdate(engine, learner)),
    dispose,
  };
}

function compileStep(engine: Engine, learner: Learner, batchSize: number, steps: number): Promise<Program> {
  const signature = {
    ...parameterSignature(learner),
    ...noiseSignature(learner),
    ...optimizerSignature(learner),
    ...batchSignature(learner.model, batchSize, 'train'),
  };
  const step = (inputs: NamedTensors) => {
    const { parameters, state, loss, correct, statistics } = smoothOutStep(inputs.parameters as tf.Tensor1D, {
      perturb: (w) => perturbed(learner, w, inputs),
      backPropagate: (w) => backPropagate(learner.model, w, inputs),
      update: (w, gradient) => updated(learner, w, gradient, inputs),
    });
    return { parameters, ...state, statistics, loss, correct };
  };
  const options = { keep: ['parameters', 'statistics', ...learner.optimizer.state] };
  return steps > 1 ? engine.compileSteps!(step, signature, steps, options) : engine.compile(step, signature, options);
}

function compilePass(
  engine: Engine,
  learner: Learner,
  batchSize: number,
  passes: number,
  shared: readonly string[],
): Promise<Program> {
  const signature = {
    ...parameterSignature(learner),
    ...noiseSignature(learner),
    ...batchSignature(learner.model, batchSize, 'train'),
    gradientSum: float(learner.model.layout.size),
  };
  const pass = (inputs: NamedTensors) => {
    const w = perturbed(learner, inputs.parameters as tf.Tensor1D, inputs);
    const { gradient, loss, correct, statistics } = backPropagate(learner.model, w, inputs);
    return { gradientSum: tf.add(inputs.gradientSum!, gradient), statistics, loss, correct };
  };
  const options = { keep: ['gradientSum', 'statistics'], shared };
  return passes > 1 ? engine.compileSteps!(pass, signature, passes, options) : engine.compile(pass, signature, options);
}

function compileUpdate(engine: Engine, learner: Learner): Promise<Program> {
  const signature = {
    ...parameterSignature(learner),
    ...optimizerSignature(learner),
    gradientSum: float(learner.model.layout.size),
    weight: float(),
  };
  const update = (inputs: NamedTensors) => {
    const gradient = tf.mul(inputs.gradientSum!, inputs.weight!) as tf.Tensor1D;
    const { parameters, state } = updated(learner, inputs.parameters as tf.Tensor1D, gradient, inputs);
    return { parameters, ...state };
  };
  return engine.compile(update, signature, { keep: ['parameters', ...learner.optimizer.state] });
}

const parameterSignature = ({ model }: Learner): Signature => ({ parameters: float(model.layout.size) });

const noiseSignature = ({ model, perturbation }: Learner): Signature =>
  perturbation === null ? {} : { noise: float(model.layout.size), strength: float() };

function optimizerSignature({ model, optimizer }: Learner): Signature {
  const state = optimizer.state.map((name) => [name, float(model.layout.size)]);
  const scalars = Object.keys(optimizer.scalars(1, 0)).map((name) => [name, float()]);
  return Object.fromEntries([...state, ...scalars]);
}

function perturbed({ perturbation }: Learner, w: tf.Tensor1D, { noise, strength }: NamedTensors): tf.Tensor1D {
  return perturbation === null ? w : perturbation.perturb(w, noise as tf.Tensor1D, strength as tf.Scalar);
}

function backPropagate(model: Model, w: tf.Tensor1D, batch: NamedTensors) {
  const { value, gradient, extras } = withGradient((parameters) => {
    const { mean, correct, statistics } = batchLoss(model, parameters, batch, 'train');
    return { value: mean, extras: { correct, statistics } };
  }, w);
  return { gradient, loss: value, correct: extras.correct!, statistics: extras.statistics! };
}

function updated(
  { optimizer, gradient: options }: Learner,
  w: tf.Tensor1D,
  gradient: tf.Tensor1D,
  inputs: NamedTensors,
) {
  const scalars = inputs as Readonly<Record<string, tf.Scalar>>;
  return optimizer.update(w, regularise(gradient, w, options), inputs, scalars);
}
