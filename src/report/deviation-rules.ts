/** What runs may do otherwise than the paper says or where it says nothing: a rule for each, and what is said of it. */
import { METHOD_TITLES } from '../config/methods.js';
import type { RunSpec } from '../config/schema.js';
import { datasetTitle, unofficialFiles } from '../data/catalogue.js';
import type { PaperMethod, PaperRow } from './paper.js';
import type { Run } from './runs.js';

/** What the rules look at: runs that differ by their seed alone, and the row and method of the paper that are theirs. */
interface Subject {
  readonly settings: RunSpec;
  /** On generated data. */
  readonly synthetic: boolean;
  readonly runs: readonly Run[];
  readonly row: PaperRow | null;
  readonly method: PaperMethod | null;
}

interface Rule {
  readonly deviation: string;
  /** What the paper says; "not given" is followed by what the authors' code has, where that is known. */
  readonly paper: string | ((subject: Subject) => string);
  /** What the runs have in its place; nothing where they do as the paper says. */
  readonly here: (subject: Subject) => string | false | null;
  /** The same in short, where it keeps runs out of the paper's tables. */
  readonly apart?: (here: string, subject: Subject) => string;
  /** The same in short, where it is noted beside the runs of a row. */
  readonly note?: (here: string, row: PaperRow, settings: RunSpec) => string | false;
}

/** What the authors' code has where the paper gives nothing: for each optimizer, the values that are no choice. */
const AUTHORS = {
  adam: { weightDecay: [0, 1e-4], schedule: '' },
  resnet44: { weightDecay: [1e-4], schedule: '81:0.1,122:0.01,164:0.001' },
  alexnet: { weightDecay: [5e-4], schedule: '20:0.1,40:0.01' },
} as const;

const authorsOf = ({ model }: PaperRow) => AUTHORS[model === 'resnet44' || model === 'alexnet' ? model : 'adam'];

/** AlexNet's AdaSmoothOut goes without either regularizer (paper, 4.2). */
const isUnregularised = ({ model, method }: RunSpec): boolean => model === 'alexnet' && method.name === 'adasmoothout';

/** EPOCH:FACTOR of every step, as in AUTHORS. */
const scheduleOf = ({ schedule }: RunSpec): string => schedule.map(({ epoch, factor }) => `${epoch}:${factor}`).join();

const scheduleText = (schedule: string): string => (schedule === '' ? 'constant' : `× factor from epoch: ${schedule}`);

export const hasGhostBatches = ({ ghostBatchSize, batchSize }: RunSpec): boolean =>
  ghostBatchSize !== null && ghostBatchSize < batchSize;

/** Whether the paper has a result of this method in this row. */
export const isReported = (row: PaperRow, method: PaperMethod | null): boolean =>
  method !== null && row.results[method] !== undefined;

type Noise = Partial<Readonly<Record<'per' | 'schedule' | 'parameters' | 'distribution', string>>>;

/** The settings of the noise, those that some methods do not have left undefined. */
export function noiseOf({ method }: RunSpec): Noise & { readonly a?: number } {
  return ('noise' in method && method.noise) || {};
}

/** "a = 0.02: noise.a from 8 values, …": configs say how a was tuned where they say `a: tuned`. */
function strengthText({ settings }: Subject): string | null {
  const { a } = noiseOf(settings);
  const [how = 'the config does not say how it was chosen'] = Object.values(settings.tuning ?? {});
  return a === undefined ? null : `a = ${a}: ${how}`;
}

/** The files that the runs read and that are not the official ones. */
function otherFiles({ settings: { dataset: name }, runs, synthetic }: Subject): string | false {
  const names = runs.flatMap(({ record: { data } }) => unofficialFiles({ name, synthetic, digests: data.digests }));
  return names.length > 0 && `${[...new Set(names)].join(', ')} not the official file`;
}

const isMeasured = ({ sharpness }: Run): boolean => sharpness !== null;

export const RULES: readonly Rule[] = [
  {
    deviation: 'seeds of a result',
    paper: 'not given; one, as no result has an interval',
    here: ({ runs }) => runs.length > 1 && `${runs.length}`,
  },
  {
    deviation: 'data',
    paper: ({ settings }) => datasetTitle(settings.dataset),
    here: ({ synthetic }) => synthetic && 'a generated stand-in',
    apart: () => 'generated data',
  },
  { deviation: 'files of the data set', paper: 'the official ones', here: otherFiles, note: (here) => here },
  {
    deviation: 'training images',
    paper: 'all',
    here: ({ settings: { trainLimit } }) => trainLimit !== null && `the first ${trainLimit}`,
    apart: (here) => `${here.slice('the '.length)} training images only`,
  },
  {
    deviation: 'validation images',
    paper: 'all',
    here: ({ settings: { validationLimit } }) => validationLimit !== null && `the first ${validationLimit}`,
    apart: (here) => `${here.slice('the '.length)} validation images only`,
  },
  {
    deviation: 'network, batch or optimizer',
    paper: 'the rows of Table 1',
    here: ({ row, settings: { model, batchSize, optimizer, epochs } }) =>
      row === null && `${model}, batch ${batchSize}, ${optimizer.name} ${optimizer.learningRate}, ${epochs} epochs`,
  },
  {
    deviation: 'epochs',
    paper: ({ row }) => `${row?.epochs}`,
    here: ({ row, settings: { epochs } }) => row !== null && epochs !== row.epochs && `${epochs}`,
    apart: (here, { row }) =>
      Number(here) < row!.epochs ? `${here} of ${row!.epochs} epochs` : `${here} epochs instead of ${row!.epochs}`,
  },
  {
    deviation: 'accuracy measured on',
    paper: 'the test set, which also chooses the best epoch',
    here: ({ settings: { validation } }) => validation !== 'test' && `${validation.slice(8)} held-out training images`,
    apart: (here) => `accuracy on ${here}`,
  },
  {
    deviation: 'budget',
    paper: 'epochs',
    here: ({ settings: { budget } }) =>
      budget &&
      Object.entries(budget)
        .map(([unit, n]) => `${n} ${unit}`)
        .join(),
    apart: () => 'a budget in place of epochs',
  },
  {
    deviation: 'method',
    paper: 'those reported for the row',
    here: ({ row, method, settings }) =>
      row !== null && !isReported(row, method) && METHOD_TITLES[settings.method.name],
  },
  { deviation: 'strength of the noise', paper: 'not given, for no experiment', here: strengthText },
  {
    deviation: 'distribution of the noise',
    paper: 'uniform',
    here: ({ settings }) => noiseOf(settings).distribution === 'gaussian' && 'Gaussian, of the same variance',
    apart: () => 'Gaussian noise',
  },
  {
    deviation: 'noise over time',
    paper: 'of constant strength',
    here: ({ settings }) =>
      noiseOf(settings).schedule === 'tanh' && 'falls to 0 around the middle of the training, by a tanh',
  },
  {
    deviation: 'noise drawn',
    paper: 'once a step (Algorithm 1)',
    here: ({ settings }) =>
      hasGhostBatches(settings) && noiseOf(settings).per === 'ghostBatch' && 'for every ghost batch',
  },
  {
    deviation: 'parameters perturbed',
    paper: 'all',
    here: ({ settings }) => noiseOf(settings).parameters === 'withoutBatchNorm' && 'all but batch normalisation’s',
  },
  {
    deviation: 'optimizer’s state',
    paper: 'not said to be dropped',
    here: ({ settings }) =>
      settings.optimizer.reset === 'epoch' && 'starts over in every epoch, as in the authors’ code',
  },
  {
    deviation: 'gradient clipping',
    paper: 'not mentioned; authors’ code: norm 5',
    here: ({ settings: { optimizer } }) => optimizer.clipNorm !== null && `norm ${optimizer.clipNorm}`,
  },
  {
    deviation: 'weight decay',
    paper: 'not given; authors’ code: 1e-4, AlexNet 5e-4 and 0 with AdaSmoothOut',
    here: ({ settings: { optimizer } }) => `${optimizer.weightDecay}`,
    note: (here, row, settings) => {
      const usual: readonly number[] = isUnregularised(settings) ? [0] : authorsOf(row).weightDecay;
      return !usual.includes(Number(here)) && `weight decay ${here}`;
    },
  },
  {
    deviation: 'learning rate over time',
    paper: ({ row }) => `not given; authors’ code: ${scheduleText(authorsOf(row!).schedule)}`,
    here: ({ row, settings }) =>
      row !== null && scheduleOf(settings) !== authorsOf(row).schedule && scheduleText(scheduleOf(settings)),
    note: () => 'another learning rate schedule',
  },
  {
    deviation: 'warm-up or decay of the learning rate',
    paper: 'none',
    here: ({ settings: { optimizer } }) =>
      (optimizer.warmup > 0 || optimizer.decay !== 'none') &&
      `warm-up ${optimizer.warmup} epochs, decay ${optimizer.decay}`,
    apart: () => 'warm-up or decay of the learning rate',
  },
  {
    deviation: 'momentum',
    paper: 'not given; authors’ code: 0.9',
    here: ({ settings: { optimizer } }) =>
      optimizer.name !== 'adam' && optimizer.momentum !== 0.9 && `${optimizer.momentum}`,
    note: (here) => `momentum ${here}`,
  },
  {
    deviation: 'ghost batch size',
    paper: 'not given; authors’ code: 128',
    here: ({ settings }) =>
      hasGhostBatches(settings) && settings.ghostBatchSize !== 128 && `${settings.ghostBatchSize}`,
    note: (here) => `ghost batches of ${here}`,
  },
  {
    deviation: 'dropout',
    paper: 'the network’s own, none with AlexNet’s AdaSmoothOut',
    here: ({ settings }) =>
      settings.dropout !== null && !(isUnregularised(settings) && settings.dropout === 0) && `${settings.dropout}`,
    note: (here) => `dropout ${here}`,
  },
  {
    deviation: 'batch normalisation’s scale at the start',
    paper: 'not given; authors’ code: uniform on [0, 1) but in ResNet44',
    here: ({ settings: { batchNorm, model } }) =>
      batchNorm.scaleInitialisation === 'uniform' ? 'uniform on [0, 1)' : model !== 'resnet44' && '1',
  },
  {
    deviation: 'parameters at the start',
    paper: 'random',
    here: ({ settings: { init } }) => init !== null && 'read from a file',
    apart: () => 'started from given parameters',
  },
  {
    deviation: 'average of the parameters',
    paper: 'none',
    here: ({ settings: { average } }) => average?.kind.toUpperCase() ?? null,
  },
  {
    deviation: 'sharpness measured on',
    paper: 'not given; authors’ code: the test set',
    here: ({ runs }) => runs.some(isMeasured) && 'the training set, but by “authors’ code”',
  },
  {
    deviation: 'sign of the gradient in L-BFGS-B',
    paper: 'not given; authors’ code: the wrong one',
    here: ({ runs }) => runs.some(isMeasured) && 'the right one, but by “authors’ code”',
  },
];
