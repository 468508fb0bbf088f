/** Compares a model, run by any engine, with what PyTorch computed for it (`scripts/pytorch/make_goldens.py`). */
import { readFileSync } from 'node:fs';
import type { Engine, HostArray, Signature, TensorFunction } from '../../engine/engine.js';
import { join, split } from '../flat.js';
import { withGradient } from '../gradient.js';
import type { Slot } from '../layout.js';
import { crossEntropy } from '../loss.js';
import { buildModel, type Mode, type Model, type ModelName } from '../model.js';
import { STREAMS, samplePositions, type TestInput, testInputs } from './fill.js';

interface Summary {
  readonly norm: number;
  readonly samples: readonly number[];
}

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

export const GOLDENS_FOLDER = new URL('goldens/', import.meta.url);

/** `alexnet` (224×224 images) is too slow for tfjs's own backend; `alexnet-small` is the same network on 67×67 ones. */
export const GOLDEN_NAMES = ['mlp', 'f1', 'c1', 'c3', 'resnet44', 'alexnet-small', 'alexnet'] as const;

export function readGolden(name: string, folder: URL = GOLDENS_FOLDER): Golden {
  return JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as Golden;
}

export function modelOfGolden({ model, classes, inputShape: [channels, height, width], hidden }: Golden): Model {
  return buildModel(model, { classes, inputShape: { channels, height, width }, ...(hidden && { hidden }) });
}

/** Runs a function of named tensors once and returns the host's copies of its outputs. */
export type Runner = (
  fn: TensorFunction,
  inputs: Readonly<Record<string, TestInput>>,
) => Promise<Readonly<Record<string, HostArray>>>;

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

export interface Deviation {
  /** What deviates, e.g. `train: gradient of conv1.weight`. */
  readonly what: string;
  /** The largest difference, in units of the tolerance: above 1 the model disagrees with PyTorch. */
  readonly ratio: number;
}

/** How far `run` is from the golden, largest deviation first. Float32 results agree to `relative` 1e-4. */
export async function deviationsFromGolden(golden: Golden, run: Runner, relative = 1e-4): Promise<Deviation[]> {
  const model = modelOfGolden(golden);
  const deviations: Deviation[] = [];
  for (const mode of ['train', 'running'] as const) {
    const { dropout, ...inputs } = testInputs(model, golden.batch, golden.seed);
    const dropping = mode === 'train' && model.dropoutUnits > 0;
    const outputs = await run(goldenFunction(model, mode), { ...inputs, ...(dropping && { dropout }) });
    for (const { what, ratio } of compare(golden[mode], outputs, model, golden.seed, relative)) {
      deviations.push({ what: `${mode}: ${what}`, ratio });
    }
  }
  return deviations.sort((a, b) => b.ratio - a.ratio);
}

function compare(
  expected: Outcome,
  actual: Readonly<Record<string, HostArray>>,
  { layout }: Model,
  seed: number,
  relative: number,
): Deviation[] {
  const ratio = (value: number, target: number, scale: number) => {
    const difference = Math.abs(value - target);
    return Number.isNaN(difference) ? Infinity : difference / (relative * scale);
  };
  const compareTensor = (
    what: string,
    values: HostArray,
    { norm, samples }: Summary,
    stream: number,
    floor: number,
  ) => {
    const positions = samplePositions(seed, stream, samples.length, values.length);
    const scale = Math.max(norm, floor);
    const typical = scale / Math.sqrt(values.length);
    const entries = positions.map((position, i) => {
      const target = samples[i]!;
      return ratio(values[position]!, target, Math.max(Math.abs(target), typical));
    });
    return { what, ratio: Math.max(ratio(l2Norm(values), norm, scale), ...entries) };
  };
  const compareSlots = (
    what: string,
    slots: readonly Slot[],
    flat: HostArray,
    targets: Outcome['gradient'],
    stream: number,
  ) => {
    // A gradient that is zero but for rounding (a bias before batch normalisation) has no scale of its own.
    const floor = 1e-3 * Math.hypot(...Object.values(targets).map(({ norm }) => norm));
    return slots.map(({ name, offset, size }, index) => {
      const target = targets[name];
      if (!target) throw new Error(`the golden has no ${what} ${name}`);
      return compareTensor(`${what} ${name}`, flat.subarray(offset, offset + size), target, stream + index, floor);
    });
  };
  const { logits, loss, correct, gradient, statistics } = actual;
  return [
    { what: 'loss', ratio: ratio(loss![0]!, expected.loss, expected.loss) },
    { what: 'correct predictions', ratio: correct![0] === expected.correct ? 0 : Infinity },
    compareTensor('logits', logits!, expected.logits, STREAMS.logits, 0),
    ...compareSlots('gradient of', layout.parameters, gradient!, expected.gradient, STREAMS.parameters),
    ...compareSlots('statistic', layout.statistics, statistics!, expected.statistics, STREAMS.statistics),
  ];
}

function l2Norm(values: HostArray): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum);
}
