/** Estimates what the rest of a run will take, in time and in disk space, from the speed at which its network trains here. */
import type { RunSpec } from '../config/schema.js';
import type { Sources } from '../session/sources.js';
import { evaluationsOf } from '../smoothout/method.js';
import { buildLearner } from './learner.js';
import { planOf } from './plan.js';
import { forKept } from './state.js';

export type RunCost = Readonly<Awaited<ReturnType<typeof costOf>>>;

/** An image's gradient is three products with each matrix, its loss alone is one of them. */
const PRODUCTS = 3;

/** @param done the share of the run that is done, from 0 to 1. */
export async function costOf(
  spec: RunSpec,
  { train, validation }: Sources,
  { imagesPerSecond, done }: { readonly imagesPerSecond: number; readonly done: number },
) {
  const learner = await buildLearner(spec, train);
  const evaluations = evaluationsOf(learner.method);
  const { epochs, updates, sizes } = planOf(spec, train.count, evaluations);
  const trained = (train.count * updates) / sizes(0).length;
  const validated = (epochs * validation.count) / (PRODUCTS * evaluations);
  const { size, statisticsSize } = learner.model.layout;
  const kept = Object.values(forKept(learner, () => size)).flatMap((sizes) => Object.values(sizes));
  const weights = learner.average ? 3 : 2;
  return {
    /** For training and validation. Compiling takes a few seconds, which are not counted. */
    seconds: ((1 - done) * (trained + validated)) / imagesPerSecond,
    /** What its checkpoints take once it is done. While one is being saved, the one before it takes as much again. */
    diskBytes: Float32Array.BYTES_PER_ELEMENT * (weights * (size + statisticsSize) + kept.length * size),
  };
}

/** Settings that do not change the speed. */
const FREE: readonly string[] = [
  ...['experiment', 'label', 'seed', 'configHash', 'preset', 'tuning', 'init'],
  ...['epochs', 'budget', 'schedule', 'validation', 'validationLimit'],
  ...['a', 'rho', 'learningRate', 'weightDecay', 'warmup', 'decay'],
];

/** Equal for runs that train at the same speed. */
export function speedKey(spec: RunSpec): string {
  return JSON.stringify(spec, (key, value) => (FREE.includes(key) ? undefined : value));
}
