/** The methods of a config: the keys of each, with defaults. What they do is in training/methods.ts. */
import { z } from 'zod';
import { optimizerChanges } from './optimizer.js';
import { count, folderName, fraction, nonNegative, share } from './values.js';

/** An average of the parameters along the training, which is evaluated beside them. */
export const average = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('ema'), decay: fraction.default(0.999) }),
    /** From this share of the epochs on, the mean of the parameters at the end of each. */
    z.strictObject({ kind: z.literal('swa'), from: fraction.default(0.75) }),
  ])
  .describe('{ kind: ema } or { kind: swa }, or null')
  .nullable();

/** What a method may change of the experiment it runs in: AlexNet's AdaSmoothOut drops both regularizers (paper, 4.1). */
const overrides = {
  optimizer: optimizerChanges.default({}),
  dropout: fraction.optional(),
  average: average.optional(),
};

/** Which parameters are perturbed. */
const noiseParameters = z.enum(['all', 'withoutBatchNorm']).default('all');

/**
 * The strengths of the paper's noise are published nowhere. These are this project's defaults, to be replaced by what
 * `smoothout tune` finds. `uniform` bounds U(−a, a); `filterAdaptive` is a share of each filter's norm.
 */
const DEFAULT_STRENGTH = { uniform: 0.01, filterAdaptive: 0.1 } as const;

/** A file may also say `tuned`, for which the loader puts in what `smoothout tune` found. */
export const strength = nonNegative.describe('a number of at least 0, or tuned');

/** How often θ is drawn anew. Without ghost batches the two are the same. */
const noisePer = z.enum(['step', 'ghostBatch']).default('step');

const stochasticNoise = (a: number) =>
  z.strictObject({
    a: strength.default(a),
    per: noisePer,
    /** `tanh`: a is multiplied by (1 + tanh(−10 (t/T − 1/2))) / 2 at step t of T, as the authors’ code did in early 2018. */
    schedule: z.enum(['constant', 'tanh']).default('constant'),
    parameters: noiseParameters,
    /** `gaussian` noise has the variance of the uniform. */
    distribution: z.enum(['uniform', 'gaussian']).default('uniform'),
  });

/** Gaussian noise in proportion to each filter's norm, of which a is the share that is its standard deviation. */
const filterwiseNoise = (a: number, schedule: 'constant' | 'rising') =>
  z.strictObject({
    a: strength.default(a),
    /** `rising`: a is multiplied by 1 + α (1 − cos(π t/T)) / 2 at step t of T. */
    schedule: z.enum(['constant', 'rising']).default(schedule),
    alpha: nonNegative.default(15),
    parameters: noiseParameters,
  });

/** The N perturbations of Fig. 2(a) are drawn once and stay: there is nothing to redraw or to schedule. */
const fixedNoise = z.strictObject({ a: strength.default(DEFAULT_STRENGTH.uniform), parameters: noiseParameters });

/** Which of a step's two passes the running statistics of batch normalisation see: that at w alone, or both. */
const runningStatistics = z.enum(['first', 'both']).default('first');

/** `label` names the runs' folder, and so tells two uses of one method apart. Its default is the name. */
const label = folderName.optional();

const ownSetting = z.union([z.number(), z.string(), z.boolean()]).describe('a number, text, true or false');

/** A method of the user's own, whose module is `file`. */
export const ownMethod = z.strictObject({
  name: z.literal('own'),
  file: z.string().describe('the path of a file such as ./mine.ts'),
  label,
  noise: stochasticNoise(DEFAULT_STRENGTH.uniform).optional(),
  settings: z.record(z.string(), ownSetting).default({}),
  ...overrides,
});

/** The schema of a method. Its own keys stand between those that all methods have. */
const form = <Name extends string, Keys extends z.ZodRawShape>(name: Name, keys: Keys) =>
  z.strictObject({ name: z.literal(name), label, ...keys, ...overrides });

export const method = z
  .discriminatedUnion('name', [
    form('baseline', {}),
    form('smoothout', { noise: stochasticNoise(DEFAULT_STRENGTH.uniform).prefault({}) }),
    form('adasmoothout', { noise: stochasticNoise(DEFAULT_STRENGTH.filterAdaptive).prefault({}) }),
    form('smoothout-deterministic', {
      noise: fixedNoise.prefault({}),
      /** N of Eq. (1): how many perturbed models see each batch. */
      copies: count.default(8),
    }),
    form('smoothout-two-sided', { noise: stochasticNoise(DEFAULT_STRENGTH.uniform).prefault({}) }),
    form('sam', { rho: strength.default(0.05), runningStatistics }),
    form('asam', {
      rho: strength.default(0.5),
      /** Added to |w|, so that weights of 0 move too. */
      eta: nonNegative.default(0.01),
      runningStatistics,
    }),
    form('lpf-sgd', {
      /** `samples`: M, the parts that a batch is cut into, each with noise of its own. */
      noise: filterwiseNoise(0.001, 'rising')
        .extend({ samples: count.default(1) })
        .prefault({}),
    }),
    form('rwp', { noise: filterwiseNoise(0.01, 'constant').extend({ per: noisePer }).prefault({}) }),
    form('arwp', {
      noise: filterwiseNoise(0.015, 'constant').extend({ per: noisePer }).prefault({}),
      /** The share of the gradient at w + θ. */
      balance: share.default(0.5),
      eta: nonNegative.default(0.1),
      beta: fraction.default(0.99),
    }),
    ownMethod,
  ])
  .describe('a mapping such as { name: baseline }');

/** How tables and figures call the methods. */
export const METHOD_TITLES: Readonly<Record<MethodConfig['name'], string>> = {
  baseline: 'Baseline',
  smoothout: 'SmoothOut',
  adasmoothout: 'AdaSmoothOut',
  'smoothout-deterministic': 'SmoothOut, deterministic',
  'smoothout-two-sided': 'SmoothOut, two-sided',
  sam: 'SAM',
  asam: 'ASAM',
  'lpf-sgd': 'LPF-SGD',
  rwp: 'RWP',
  arwp: 'ARWP',
  own: 'Own method',
};

/** The title of a method whose name this is; a label is its own title. */
export const methodTitle = (name: string): string => (METHOD_TITLES as Readonly<Record<string, string>>)[name] ?? name;

/** Whether methods of this name have a setting of that name. */
export function methodHas(name: string, key: string): boolean {
  const form = method.options.find(({ shape }) => shape.name.value === name);
  return form !== undefined && Object.hasOwn(form.shape, key);
}

/** Whether methods have a setting of that name in their `noise`. */
export const isNoiseKey = (key: string): boolean =>
  [stochasticNoise(0), filterwiseNoise(0, 'constant')].some(({ shape }) => Object.hasOwn(shape, key));

/** A method as a config gives it, with every default written out. */
export type MethodConfig = z.output<typeof method>;

/** The words by which a method is called. */
interface Called {
  readonly name: string;
  readonly label?: string | undefined;
}

/** What the method is called, in folders and tables. */
export const labelOf = ({ name, label }: Called): string => label ?? name;

/** The methods of a config that some words mean: of each word those with that label or, without such, with that name. */
export function selectMethods<M extends Called>(methods: readonly M[], words: readonly string[]): M[] {
  const meant = words.flatMap((word) => {
    const labelled = methods.filter((method) => labelOf(method) === word);
    return labelled.length > 0 ? labelled : methods.filter(({ name }) => name === word);
  });
  return methods.filter((method) => meant.includes(method));
}

type AsRun<M> = M extends unknown
  ? Readonly<Omit<M, 'label' | keyof typeof overrides>> & { readonly label: string }
  : never;

/** A method as a run carries it out. What it overrides is part of the run's own settings already. */
export type MethodSpec = AsRun<MethodConfig>;

/** The keys that say how strong a method is. A method has at most one of them. */
export const STRENGTH_KEYS = ['noise.a', 'rho'] as const;

/** The keys of a method that may say `tuned`, which means what `smoothout tune` chose. */
export const TUNABLE_KEYS = [...STRENGTH_KEYS, 'optimizer.learningRate'] as const;

/** The method's a or ρ; null for the baseline. */
export function strengthOf(method: MethodConfig | MethodSpec): number | null {
  if ('noise' in method && method.noise !== undefined) return method.noise.a;
  return 'rho' in method ? method.rho : null;
}
