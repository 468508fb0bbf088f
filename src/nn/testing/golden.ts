/** Compares a model, run by any engine, with what PyTorch computed for it (`scripts/pytorch/make_goldens.py`). */
import { readFileSync } from 'node:fs';
import type * as tf from '@tensorflow/tfjs';
import type { Engine, NamedTensors, ValuesOf } from '../../engine/engine.js';
import { statisticsAfter } from '../batch-norm.js';
import { split } from '../flat.js';
import { crossEntropy, withGradient } from '../loss.js';
import { buildModel, type Mode, type Model, type ModelName } from '../model.js';
import { compareNumber, compareSlots, compareTensor, type Deviation, type Summary, type Tolerance } from './compare.js';
import { STREAMS, type TestInput, testInputs } from './fill.js';

interface Outcome {
  readonly logits: Summary;
  readonly loss: number;
  readonly correct: number;
  readonly gradient: Readonly<Record<string, Summary>>;
  readonly statistics: Readonly<Record<string, Summary>>;
}

export interface Golden {
  readonly seed: number;
  readonly model: ModelName;
  readonly classes: number;
  readonly inputShape: readonly [channels: number, height: number, width: number];
  readonly hidden?: readonly number[];
  readonly batch: number;
  readonly train: Outcome;
  readonly running: Outcome;
}

const GOLDENS_FOLDER = new URL('goldens/', import.meta.url);

export const GOLDEN_NAMES = ['mlp', 'f1', 'c1', 'c3', 'resnet44', 'alexnet'] as const;

export function readGolden(name: string, folder: URL = GOLDENS_FOLDER): Golden {
  return JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as Golden;
}

export function modelOfGolden({
  model,
  classes,
  inputShape: [channels, height, width],
  hidden,
}: Golden): Promise<Model> {
  return buildModel(model, { classes, inputShape: { channels, height, width }, hidden });
}

/** What a golden's function is given; without numbers for dropout where it drops nothing. */
type Given<T> = { readonly [N in 'parameters' | 'statistics' | 'images' | 'labels']: T } & { readonly dropout?: T };

/** Runs a function once and returns its outputs. */
export type Runner = <O extends NamedTensors>(
  fn: (inputs: Given<tf.Tensor>) => O,
  inputs: Given<TestInput>,
) => Promise<{ readonly [N in keyof O]: Float32Array }>;

export function engineRunner(engine: Engine): Runner {
  return async (fn, inputs) => {
    const program = await engine.compile(fn, inputs);
    const outputs = await program.run(valuesOf(inputs));
    await program.dispose();
    return outputs;
  };
}

/** The values of test inputs, by name. */
export function valuesOf<Inputs extends Partial<Given<TestInput>>>(inputs: Inputs): ValuesOf<Inputs> {
  return Object.fromEntries(Object.entries(inputs).map(([name, { values }]) => [name, values])) as ValuesOf<Inputs>;
}

/** One step's forward and backward pass: what a golden describes. */
export function goldenFunction(model: Model, mode: Mode) {
  const { layout } = model;
  return ({ parameters, statistics, images, labels, dropout }: Given<tf.Tensor>) => {
    const { value, gradient, extras } = withGradient((flat) => {
      const output = model.forward(
        {
          parameters: split(flat, layout.parameters),
          statistics: split(statistics.as1D(), layout.statistics),
          images,
          ...(dropout && { dropout }),
        },
        mode,
      );
      const { mean, correct } = crossEntropy(output.logits, labels);
      const after = statisticsAfter(statistics.as1D(), output.batchStatistics, layout.statistics);
      return { value: mean, extras: { logits: output.logits, correct, statistics: after } };
    }, parameters.as1D());
    return { loss: value, gradient, ...extras };
  };
}

/**
 * How far `run` is from the golden, largest deviation first: each number as a multiple of its tolerance, which is
 * `relative` times the number, or times its tensor's root mean square where that is larger.
 */
export async function deviationsFromGolden(golden: Golden, run: Runner, relative = 1e-4): Promise<Deviation[]> {
  const model = await modelOfGolden(golden);
  const deviations: Deviation[] = [];
  for (const mode of ['train', 'running'] as const) {
    const { dropout, ...inputs } = testInputs(model, golden.batch, golden.seed);
    const dropping = mode === 'train' && model.dropoutUnits > 0;
    const outputs = await run(goldenFunction(model, mode), { ...inputs, ...(dropping && { dropout }) });
    for (const { what, ratio } of compare(golden[mode], outputs, model, { seed: golden.seed, relative })) {
      deviations.push({ what: `${mode}: ${what}`, ratio });
    }
  }
  return deviations.sort((a, b) => b.ratio - a.ratio);
}

type Outputs = Readonly<Record<'logits' | 'loss' | 'correct' | 'gradient' | 'statistics', Float32Array>>;

function compare(expected: Outcome, actual: Outputs, { layout }: Model, tolerance: Tolerance): Deviation[] {
  const { logits, loss, correct, gradient, statistics } = actual;
  const { parameters: parameterStream, statistics: statisticStream } = STREAMS;
  return [
    compareNumber('loss', loss[0]!, expected.loss, tolerance),
    { what: 'correct predictions', ratio: correct[0] === expected.correct ? 0 : Infinity },
    compareTensor('logits', logits, expected.logits, STREAMS.logits, tolerance),
    ...compareSlots('gradient of', layout.parameters, gradient, expected.gradient, parameterStream, tolerance),
    ...compareSlots('statistic', layout.statistics, statistics, expected.statistics, statisticStream, tolerance),
  ];
}
