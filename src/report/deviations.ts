/** What the runs do otherwise than the paper says, by name, and what the paper leaves open: deviations.csv. */
import { METHOD_TITLES } from '../config/methods.js';
import { isTuningTrial } from '../config/tuned.js';
import { datasetTitle } from '../data/catalogue.js';
import { groupBy } from '../support/statistics.js';
import { expectedOf, type Group, hasGhostBatches, noiseOf, scheduleOf } from './groups.js';
import type { Run } from './runs.js';

/** A line of deviations.csv, and of the page's table. */
export type DeviationRow = Readonly<Record<'deviation' | 'paper' | 'here' | 'runs', string>>;

interface Rule {
  readonly deviation: string;
  /** What the paper says; "not given" is followed by what the authors' code has, where that is known. */
  readonly paper: string | ((group: Group) => string);
  /** What the group has in its place; nothing where it is as the paper says. */
  readonly here: (group: Group) => string | false | null;
}

const isMeasured = ({ sharpness }: Run): boolean => sharpness !== null;

/** "a = 0.02: noise.a from 8 values, …": configs say how a was tuned where they say `a: tuned`. */
function strengthText(group: Group): string | null {
  const { a } = noiseOf(group.settings);
  const [how = 'the config does not say how it was chosen'] = Object.values(group.settings.tuning ?? {});
  return a === undefined ? null : `a = ${a}: ${how}`;
}

const RULES: readonly Rule[] = [
  {
    deviation: 'seeds of a result',
    paper: 'not given; one, as no result has an interval',
    here: ({ runs }) => runs.length > 1 && `${runs.length}`,
  },
  {
    deviation: 'data',
    paper: ({ settings }) => datasetTitle(settings.dataset),
    here: ({ synthetic }) => synthetic && 'a generated stand-in',
  },
  {
    deviation: 'training images',
    paper: 'all',
    here: ({ settings: { trainLimit } }) => trainLimit !== null && `the first ${trainLimit}`,
  },
  {
    deviation: 'validation images',
    paper: 'all',
    here: ({ settings: { validationLimit } }) => validationLimit !== null && `the first ${validationLimit}`,
  },
  {
    deviation: 'accuracy measured on',
    paper: 'the test set, which also chooses the best epoch',
    here: ({ settings: { validation } }) => validation !== 'test' && `${validation.slice(8)} held-out training images`,
  },
  {
    deviation: 'network, batch or optimizer',
    paper: 'the rows of Table 1',
    here: ({ claim: { row }, settings: { model, batchSize, optimizer, epochs } }) =>
      row === null && `${model}, batch ${batchSize}, ${optimizer.name} ${optimizer.learningRate}, ${epochs} epochs`,
  },
  {
    deviation: 'epochs',
    paper: ({ claim: { row } }) => `${row?.epochs}`,
    here: ({ claim: { row }, settings: { epochs } }) => row !== null && epochs !== row.epochs && `${epochs}`,
  },
  {
    deviation: 'budget',
    paper: 'epochs',
    here: ({ settings: { budget } }) =>
      budget &&
      Object.entries(budget)
        .map(([unit, n]) => `${n} ${unit}`)
        .join(),
  },
  {
    deviation: 'method',
    paper: 'those reported for the row',
    here: ({ claim: { row, method }, settings }) =>
      row !== null && (method === null || !row.results[method]) && METHOD_TITLES[settings.method.name],
  },
  { deviation: 'strength of the noise', paper: 'not given, for no experiment', here: strengthText },
  {
    deviation: 'distribution of the noise',
    paper: 'uniform',
    here: ({ settings }) => noiseOf(settings).distribution === 'gaussian' && 'Gaussian, of the same variance',
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
  },
  {
    deviation: 'learning rate over time',
    paper: ({ claim: { row } }) => `not given; authors’ code: ${scheduleText(expectedOf(row!).schedule)}`,
    here: ({ claim: { row }, settings }) =>
      row !== null && scheduleOf(settings) !== expectedOf(row).schedule && scheduleText(scheduleOf(settings)),
  },
  {
    deviation: 'warm-up or decay of the learning rate',
    paper: 'none',
    here: ({ settings: { optimizer } }) =>
      (optimizer.warmup > 0 || optimizer.decay !== 'none') &&
      `warm-up ${optimizer.warmup} epochs, decay ${optimizer.decay}`,
  },
  {
    deviation: 'momentum',
    paper: 'not given; authors’ code: 0.9',
    here: ({ settings: { optimizer } }) =>
      optimizer.name !== 'adam' && optimizer.momentum !== 0.9 && `${optimizer.momentum}`,
  },
  {
    deviation: 'ghost batch size',
    paper: 'not given; authors’ code: 128',
    here: ({ settings: { ghostBatchSize } }) =>
      ghostBatchSize !== null && ghostBatchSize !== 128 && `${ghostBatchSize}`,
  },
  {
    deviation: 'dropout',
    paper: 'the network’s own, none with AlexNet’s AdaSmoothOut',
    here: ({ settings: { dropout, model, method } }) =>
      dropout !== null && !(model === 'alexnet' && method.name === 'adasmoothout') && `${dropout}`,
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

const scheduleText = (schedule: string): string => (schedule === '' ? 'constant' : `× factor from epoch: ${schedule}`);

/** Every deviation once, with the groups of runs that have it; trials of `tune` are no results and left out. */
export function deviationRows(all: readonly Group[]): DeviationRow[] {
  const groups = all.filter(({ settings }) => !isTuningTrial(settings));
  return RULES.flatMap(({ deviation, paper, here }) => {
    const found = groups.flatMap((group) => {
      const own = here(group);
      if (own === null || own === false) return [];
      return { name: group.name, paper: typeof paper === 'string' ? paper : paper(group), here: own };
    });
    return [...groupBy(found, ({ paper, here }) => JSON.stringify([paper, here])).values()].map((alike) => {
      const { paper, here } = alike[0];
      return { deviation, paper, here, runs: alike.map(({ name }) => name).join('; ') };
    });
  });
}
