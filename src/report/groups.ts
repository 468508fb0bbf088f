/** Groups of runs that differ by their seed alone, and the cells of the paper's tables that they stand in. */
import type { RunSpec } from '../config/schema.js';
import { learningRateAt } from '../optim/learning-rate.js';
import type { NamedConvention } from '../records/sharpness-conventions.js';
import { type BySeed, type Estimate, estimate, groupBy } from '../support/statistics.js';
import { PAPER_METHODS, PAPER_ROWS, type PaperMethod, type PaperResult, type PaperRow, problemTitle } from './paper.js';
import { measurementOf, type Problem, type Run } from './runs.js';

/** A run with a best and a last epoch. */
export type CompletedRun = Run & {
  readonly record: { readonly [Key in 'bestEpoch' | 'bestAccuracy' | 'finalAccuracy']: number };
};

const isCompleted = (run: Run): run is CompletedRun => run.record.status === 'completed';

/** Runs that differ by their seed alone: the same experiment, method, settings and data. */
export interface Group {
  readonly experiment: string;
  /** The method's label, which is its name unless the config gives it another. */
  readonly method: string;
  /** EXPERIMENT/METHOD. */
  readonly name: string;
  readonly settings: RunSpec;
  /** On generated data. */
  readonly synthetic: boolean;
  /** The completed ones, by seed. */
  readonly runs: readonly [CompletedRun, ...CompletedRun[]];
  /** Those that ended otherwise or are not at their end: a mean over the others is to be read with this in mind. */
  readonly unfinished: readonly Run[];
  readonly claim: Claim;
}

/** Which of a run's two accuracies: at the epoch that was best on the validation set, as in the paper, or at the last. */
export type Epoch = 'best' | 'last';

/** Groups by everything but the seed. Device, engine and commit may differ within a group: they are no settings. */
export function groupRuns(runs: readonly Run[]): Group[] {
  const same = ({ record }: Run): string =>
    JSON.stringify([record.experiment, record.method, record.configHash, record.data.synthetic, record.data.digests]);
  return [...groupBy(runs, same).values()].flatMap((members): Group[] => {
    const bySeed = [...members].sort((a, b) => a.record.seed - b.record.seed);
    const [first, ...others] = bySeed.filter(isCompleted);
    if (first === undefined) return [];
    const { experiment, method, data } = first.record;
    return [
      {
        ...{ experiment, method, name: `${experiment}/${method}`, settings: first.settings, synthetic: data.synthetic },
        ...{ runs: [first, ...others], unfinished: bySeed.filter((run) => !isCompleted(run)), claim: claimOf(first) },
      },
    ];
  });
}

/** Accuracy in percent, by seed. */
export function accuracies({ runs }: Group, epoch: Epoch = 'best'): BySeed {
  return new Map(
    runs.map(({ record }) => [record.seed, epoch === 'best' ? record.bestAccuracy : record.finalAccuracy]),
  );
}

/** The mean accuracy over seeds, percent. */
export function meanAccuracy(group: Group, epoch: Epoch = 'best'): Estimate {
  return estimate([...accuracies(group, epoch).values()])!;
}

/** The sharpness of each checkpoint that was measured (itself the maximum of its repeats), by seed. */
export function sharpnesses({ runs }: Group, convention: NamedConvention): BySeed {
  const measured = runs.map((run) => [run.record.seed, measurementOf(run, convention)?.value] as const);
  return new Map(measured.filter((one): one is readonly [number, number] => one[1] !== undefined));
}

/** Their mean over seeds; n says how many were measured. */
export function sharpness(group: Group, convention: NamedConvention): Estimate | null {
  return estimate([...sharpnesses(group, convention).values()]);
}

/** The seeds as a command takes them: "1-5", "1,3,7-9". */
export function seedList({ runs }: Group): string {
  const seeds = runs.map(({ record }) => record.seed);
  const ranges: string[] = [];
  for (let start = 0; start < seeds.length; ) {
    let end = start;
    while (seeds[end + 1] === seeds[end]! + 1) end++;
    ranges.push(end > start + 1 ? `${seeds[start]}-${seeds[end]}` : seeds.slice(start, end + 1).join(','));
    start = end + 1;
  }
  return ranges.join(',');
}

/** How a run stands to the paper's tables. */
interface Claim {
  /** The row whose columns of Table 1 it has, if any. */
  readonly row: PaperRow | null;
  readonly method: PaperMethod | null;
  /** Why it is not the row all the same: fewer epochs, generated data … With any of these it never enters a table. */
  readonly deviations: readonly string[];
  /** What Table 1 does not say and the run has chosen otherwise than the paper's text and the authors' code. */
  readonly notes: readonly string[];
}

/** What the text or the code says beyond Table 1's columns: for each optimizer, the values that are no choice. */
const EXPECTED = {
  adam: { weightDecay: [0, 1e-4], schedule: '' },
  resnet44: { weightDecay: [1e-4], schedule: '81:0.1,122:0.01,164:0.001' },
  alexnet: { weightDecay: [5e-4], schedule: '20:0.1,40:0.01' },
} as const;

export const expectedOf = ({ model }: PaperRow) =>
  EXPECTED[model === 'resnet44' || model === 'alexnet' ? model : 'adam'];

/** EPOCH:FACTOR of every step, as in EXPECTED. */
export const scheduleOf = ({ schedule }: RunSpec): string =>
  schedule.map(({ epoch, factor }) => `${epoch}:${factor}`).join();

export const hasGhostBatches = ({ ghostBatchSize, batchSize }: RunSpec): boolean =>
  ghostBatchSize !== null && ghostBatchSize < batchSize;

type Noise = Partial<Readonly<Record<'per' | 'schedule' | 'parameters' | 'distribution', string>>>;

/** The settings of the noise, those that some methods do not have left undefined. */
export function noiseOf({ method }: RunSpec): Noise & { readonly a?: number } {
  return ('noise' in method && method.noise) || {};
}

export function claimOf(run: Run): Claim {
  const { settings, record } = run;
  const row = PAPER_ROWS.find((candidate) => hasColumnsOf(run, candidate)) ?? null;
  const method = PAPER_METHODS.find((name) => name === settings.method.name) ?? null;
  const deviations: string[] = [];
  if (record.data.synthetic || settings.synthetic) deviations.push('generated data');
  if (row !== null && settings.epochs < row.epochs) deviations.push(`${settings.epochs} of ${row.epochs} epochs`);
  if (row !== null && settings.epochs > row.epochs)
    deviations.push(`${settings.epochs} epochs instead of ${row.epochs}`);
  if (settings.init !== null) deviations.push('started from given parameters');
  if (settings.trainLimit !== null) deviations.push(`first ${settings.trainLimit} training images only`);
  if (settings.validationLimit !== null) deviations.push(`first ${settings.validationLimit} validation images only`);
  if (settings.validation !== 'test')
    deviations.push(`accuracy on ${settings.validation.slice(8)} held-out training images`);
  deviations.push(...beyondThePaper(settings));
  if (row === null) deviations.push('other settings');
  else if (method === null || row.results[method] === undefined) deviations.push('a method not reported for this row');
  return { row, method, deviations, notes: row === null ? [] : notesOf(run, row) };
}

/** Settings that no row of the paper has. */
function beyondThePaper(settings: RunSpec): string[] {
  const { optimizer, budget } = settings;
  return [
    ...(noiseOf(settings).distribution === 'gaussian' ? ['Gaussian noise'] : []),
    ...(optimizer.warmup > 0 || optimizer.decay !== 'none' ? ['warm-up or decay of the learning rate'] : []),
    ...(budget === null ? [] : ['a budget in place of epochs']),
  ];
}

function hasColumnsOf({ settings }: Run, row: PaperRow): boolean {
  return (
    settings.model === row.model &&
    settings.dataset === row.dataset &&
    settings.batchSize === row.batchSize &&
    settings.augment === row.augment &&
    settings.optimizer.name === row.optimizer &&
    hasGhostBatches(settings) === row.ghostBatches &&
    // Table 1 rounds 0.1·√8 = 0.2828 to 0.283 and 0.01·√128 = 0.1131 to 0.113.
    Math.abs(learningRateAt(0, settings) / row.learningRate - 1) < 0.005
  );
}

function notesOf({ settings }: Run, row: PaperRow): string[] {
  const { optimizer, method } = settings;
  const expected = expectedOf(row);
  // AlexNet's AdaSmoothOut goes without either regularizer (paper, 4.2).
  const unregularised = row.model === 'alexnet' && method.name === 'adasmoothout';
  const weightDecays: readonly number[] = unregularised ? [0] : expected.weightDecay;
  const notes: string[] = [];
  if (settings.preset === 'reference') notes.push('preset reference');
  for (const how of Object.values(settings.tuning ?? {})) notes.push(how);
  if (!weightDecays.includes(optimizer.weightDecay)) notes.push(`weight decay ${optimizer.weightDecay}`);
  if (optimizer.name === 'sgd' && optimizer.momentum !== 0.9) notes.push(`momentum ${optimizer.momentum}`);
  if (scheduleOf(settings) !== expected.schedule) notes.push('another learning rate schedule');
  if (settings.dropout !== null && !(unregularised && settings.dropout === 0))
    notes.push(`dropout ${settings.dropout}`);
  if (settings.ghostBatchSize !== null && row.ghostBatches && settings.ghostBatchSize !== 128) {
    notes.push(`ghost batches of ${settings.ghostBatchSize}`);
  }
  if (method.label !== method.name) notes.push(`labelled ${method.label}`);
  return notes;
}

/** "F1 on MNIST, batch 6000", with what sets it apart from the paper's rows. */
export function describeGroup({ settings, claim }: Group): string {
  return [problemTitle(settings), `batch ${settings.batchSize}`, ...claim.deviations].join(', ');
}

/** The paper's result for a group that stands as its row does. */
export function publishedOf({ claim: { row, method, deviations } }: Group): PaperResult | undefined {
  return deviations.length === 0 ? row?.results[method!] : undefined;
}

/** "seed 3 diverged" for each run that is in no mean. */
export function unfinishedSeeds({ unfinished }: Group): string[] {
  return unfinished.map(({ record }) => `seed ${record.seed} ${record.status}`);
}

/** Which runs stand in which cell of the paper's tables, and which stand apart. */
export interface Cells {
  /** The group in the cell, or null for an empty one. */
  at(row: PaperRow, method: PaperMethod): Group | null;
  /** Every group in a cell, in the order of the paper's tables. */
  readonly placed: readonly Group[];
  /** Every group in no cell: shorter, on generated data, of other settings, or passed over for another group. */
  readonly apart: readonly Group[];
  readonly problems: readonly Problem[];
}

/**
 * Gives each cell at most one group of runs.
 *
 * Groups of different settings are never averaged. Where several claim one cell, those with the fewest notes go first (so
 * `preset: paper` before `preset: reference`), then the experiment named as the row's own config; if that does not decide,
 * the cell stays empty. Whatever is decided is a problem to report, and those passed over are shown apart. Within a row a
 * preset is not mixed with the other: the baseline of one says nothing about the SmoothOut of the other.
 */
export function assignCells(groups: readonly Group[]): Cells {
  const cells = new Map<string, Group>();
  const problems: Problem[] = [];
  const keyOf = (row: PaperRow, method: PaperMethod): string => `${row.id}/${method}`;
  const eligible = groups.filter(({ claim }) => claim.deviations.length === 0);
  for (const [row, candidates] of groupBy(eligible, ({ claim }) => claim.row!)) {
    const paper = candidates.filter(({ settings }) => settings.preset === 'paper');
    const ofOnePreset = paper.length > 0 ? paper : candidates;
    for (const [method, rivals] of groupBy(candidates, ({ claim }) => claim.method!)) {
      const winner = choose(
        rivals.filter((rival) => ofOnePreset.includes(rival)),
        row,
      );
      if (winner !== null) cells.set(keyOf(row, method), winner);
      if (rivals.length > 1 || winner === null) problems.push(conflict(row, method, rivals, winner));
    }
  }
  const at = (row: PaperRow, method: PaperMethod): Group | null => cells.get(keyOf(row, method)) ?? null;
  const placed = PAPER_ROWS.flatMap((row) => PAPER_METHODS.flatMap((method) => at(row, method) ?? []));
  return { at, placed, apart: groups.filter((group) => !placed.includes(group)), problems };
}

/** Of several groups that claim one cell, that of the fewest notes, then that of the row's own config; null if neither decides. */
export function choose(rivals: readonly Group[], row: PaperRow): Group | null {
  const fewest = Math.min(...rivals.map(({ claim }) => claim.notes.length));
  const best = rivals.filter(({ claim }) => claim.notes.length === fewest);
  if (best.length <= 1) return best[0] ?? null;
  const own = best.filter(({ experiment }) => experiment === row.id);
  return own.length === 1 ? own[0]! : null;
}

function conflict(row: PaperRow, method: PaperMethod, rivals: readonly Group[], winner: Group | null): Problem {
  const names = rivals.map(({ name }) => name).join(' and ');
  const decision = winner === null ? 'the cell stays empty' : `the cell shows ${winner.name}, the others stand apart`;
  return {
    where: `${problemTitle(row)}, batch ${row.batchSize}, ${method}`,
    what:
      rivals.length === 1
        ? `${names} follows preset reference, and another run of this row preset paper; ${decision}`
        : `claimed by ${names}, whose settings differ; ${decision}`,
  };
}
