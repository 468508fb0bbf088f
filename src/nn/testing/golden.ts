/** Compares a model, run by any engine, with what PyTorch computed for it (`scripts/pytorch/make_goldens.py`). */
import { readFileSync } from 'node:fs';
import type { Engine, HostArray, Signature, TensorFunction } from '../../engine/engine.js';
import { join, split } from '../flat.js';
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

export function modelOfGolden({ model, classes, inputShape: [channels, height, width], hidden }: Golden): Model {
  return buildModel(model, { classes, inputShape: { channels, height, width }, ...(hidden && { hidden }) });
}

type Outputs = Readonly<Record<string, HostArray>>;

/** Runs a function of named tensors once and returns the host's copies of its outputs. */
export type Runner = (fn: TensorFunction, inputs: Readonly<Record<string, TestInput>>) => Promise<Outputs>;

export function engineRunner(engine: Engine): Runner {
  return async (fn, inputs) => {
    const program = await engine.compile(fn, inputs satisfies Signature);
    const values = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.values]));
    const outputs = Object.entries(await program.run(values));
    const read = outputs.map(async ([name, value]) => [name, 'read' in value ? await value.read() : value] as const);
    const copies = (await Promise.all(read)).map(([name, value]) => [name, value.slice()] as const);
    await program.dispose();
    return Object.fromEntries(copies);
  };
}

/** One step's forward and backward pass: what a golden describes. */
export function goldenFunction(model: Model, mode: Mode): TensorFunction {
  const { layout } = model;
  return ({ parameters, statistics, images, labels, dropout }) => {
    const { value, gradient, extras } = withGradient((flat) => {
      const output = model.forward(
        {
          parameters: split(flat, layout.parameters),
          statistics: split(statistics!.as1D(), layout.statistics),
          images: images!,
          ...(dropout && { dropout }),
        },
        mode,
      );
      const { mean, correct } = crossEntropy(output.logits, labels!);
      const extras = { logits: output.logits, correct, statistics: join(output.statistics, layout.statistics) };
      return { value: mean, extras };
    }, parameters!.as1D());
    return { loss: value, gradient, ...extras };
  };
}

/**
 * How far `run` is from the golden, largest deviation first: each number as a multiple of its tolerance, which is
 * `relative` times the number, or times its tensor's root mean square where that is larger.
 */
export async function deviationsFromGolden(golden: Golden, run: Runner, relative = 1e-4): Promise<Deviation[]> {
  const model = modelOfGolden(golden);
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

function compare(expected: Outcome, actual: Outputs, { layout }: Model, tolerance: Tolerance): Deviation[] {
  const { logits, loss, correct, gradient, statistics } = actual;
  const { parameters: parameterStream, statistics: statisticStream } = STREAMS;
  return [
    compareNumber('loss', loss![0]!, expected.loss, tolerance),
    { what: 'correct predictions', ratio: correct![0] === expected.correct ? 0 : Infinity },
    compareTensor('logits', logits!, expected.logits, STREAMS.logits, tolerance),
    ...compareSlots('gradient of', layout.parameters, gradient!, expected.gradient, parameterStream, tolerance),
    ...compareSlots('statistic', layout.statistics, statistics!, expected.statistics, statisticStream, tolerance),
  ];
}
