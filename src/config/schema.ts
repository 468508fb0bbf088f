/**
 * The keys of a config, their types and defaults. Each default is what the paper's text says; `preset: reference`
 * changes some of them (layers.ts). What several keys must satisfy together is in validate.ts.
 */
import { z } from 'zod';
import { type AnyDataset, DATASET_NAMES, isDatasetName } from '../data/catalogue.js';
import { isOwnDataset } from '../data/own.js';
import { isModelName, MODEL_NAMES, type ModelName } from '../nn/networks.js';
import type { SmoothOutError } from '../support/errors.js';
import { average, type MethodConfig, type MethodSpec, method } from './methods.js';
import { optimizer } from './optimizer.js';
import { count, countOrNull, folderName, fraction, positive } from './values.js';

/** Describes a setting whose value is one of some names, or the path of a file of the user's own. */
const namesAndFiles = (choices: readonly string[]) => ({
  choices,
  description: `one of ${choices.join(', ')}, or a file such as ./mine.ts`,
});

/** How many updates, or gradients of a batch, a run may take. It stands in place of `epochs`. */
const BUDGETS = '{ epochs: N }, { updates: N } or { gradients: N }, or null';
const budget = z
  .union([z.strictObject({ updates: count }).describe(BUDGETS), z.strictObject({ gradients: count }).describe(BUDGETS)])
  .describe(BUDGETS);

export const seed = z.int().min(0).max(0xffffffff).describe('a whole number from 0 to 4294967295');

/** What a config without `methods` compares. */
export const DEFAULT_METHODS: readonly MethodConfig['name'][] = ['baseline', 'smoothout'];

export const configSchema = z.strictObject({
  experiment: folderName,
  model: z.custom<ModelName>((name) => typeof name === 'string' && isModelName(name)).meta(namesAndFiles(MODEL_NAMES)),
  dataset: z
    .custom<AnyDataset>((name) => isDatasetName(name) || isOwnDataset(String(name)))
    .meta(namesAndFiles(DATASET_NAMES)),
  epochs: count,
  budget: budget.nullable().default(null),
  batchSize: count.default(256),
  /** A number turns on ghost batch normalisation; it must divide batchSize. */
  ghostBatchSize: countOrNull.default(null),
  preset: z.enum(['paper', 'reference']).default('paper'),
  optimizer: optimizer.prefault({}),
  /** From `epoch` on (counted from 0), the learning rate is `optimizer.learningRate` × `factor`: factors do not multiply up. */
  schedule: z.array(z.strictObject({ epoch: count, factor: positive })).default([]),
  augment: z.boolean().default(false),
  average: average.default(null),
  /** Probability of dropping a unit; null leaves the model's own (C1, C3, AlexNet: 0.5; the others have no dropout). */
  dropout: fraction.describe('a number from 0 up to, but not, 1, or null').nullable().default(null),
  batchNorm: z
    .strictObject({
      /** γ starts at 1, or uniform on [0, 1) as in PyTorch 0.3; ResNet44 sets its own 1. */
      scaleInitialisation: z.enum(['one', 'uniform']).default('one'),
    })
    .prefault({}),
  /** Widths of the hidden layers of `mlp`; null leaves the model's own. */
  hidden: z.array(count).min(1).describe('a list of widths, or null').nullable().default(null),
  /** A safetensors file of parameters to start from, instead of drawing them (`--init`). */
  init: z.string().describe('a path, or null').nullable().default(null),
  /** The generated stand-in for the data set, made now if need be, instead of the real one. */
  synthetic: z.boolean().default(false),
  /** Which images choose the best epoch: the test set, as the paper does, or N training images that are then not trained on. */
  validation: z
    .string()
    .regex(/^(test|holdout:[1-9]\d{0,8})$/)
    .describe('test, or holdout:N with a number of training images')
    .default('test'),
  trainLimit: countOrNull.default(null),
  validationLimit: countOrNull.default(null),
  seeds: z
    .array(seed)
    .min(1)
    .describe('a list of whole numbers from 0 to 4294967295, or text such as 1,2 or 1-5')
    .default([1]),
  /** SHA-256 of each file of the user's own that the config names, by its path: the loader puts it in. */
  modules: z.record(z.string(), z.string()).optional(),
  /** How the strengths that were tuned were chosen, by the method's label: the loader puts it in. It changes no run. */
  tuning: z.record(z.string(), z.string()).optional(),
  methods: z.array(method).min(1).describe('a list of at least one method, such as { name: baseline }'),
});

/** A config with every default written out. */
export type Config = z.output<typeof configSchema>;

/** Everything that decides the result of one run. */
export interface RunSpec extends Readonly<Omit<Config, 'methods' | 'seeds'>> {
  readonly method: MethodSpec;
  readonly seed: number;
  /** SHA-256 of the settings above without the seed: runs that differ by the seed alone share it. */
  readonly configHash: string;
}

/** N of `holdout:N`, or null where the test set is the validation set. */
export function holdoutSize(validation: string): number | null {
  return validation === 'test' ? null : Number(validation.slice('holdout:'.length));
}

const MOST_SEEDS = 10_000;

/**
 * `3`, `1,2`, `1-5` or a mixture as a list; null where the text is none of these.
 *
 * @throws what `refuse` makes of the reason why a range cannot be one of seeds.
 */
export function parseSeeds(text: string, refuse: (why: string) => SmoothOutError): number[] | null {
  const seeds: number[] = [];
  for (const part of text.split(',')) {
    const match = /^\s*(\d{1,10})(?:\s*-\s*(\d{1,10}))?\s*$/.exec(part);
    if (match === null) return null;
    const first = Number(match[1]);
    const last = Number(match[2] ?? match[1]);
    if (last > 0xffffffff) return null;
    if (last < first) throw refuse(`${first}-${last} is backwards; did you mean ${last}-${first}?`);
    if (seeds.length + last - first >= MOST_SEEDS) throw refuse(`${text} is more than ${MOST_SEEDS} seeds`);
    for (let seed = first; seed <= last; seed++) seeds.push(seed);
  }
  return seeds;
}
