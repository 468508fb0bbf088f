/** The CSV files beside Tables 1 to 3 and runs.csv: from what a line is about to its columns. */
import { strengthOf } from '../../config/methods.js';
import { datasetTitle } from '../../data/catalogue.js';
import type { BeyondRow } from '../beyond.js';
import { type Coefficient, type CorrelationRow, sentenceOf, TARGETS } from '../correlations.js';
import type { CurvatureRow } from '../curvatures.js';
import { type Group, seedList } from '../groups.js';
import type { ComparedResults } from '../results.js';
import type { Run } from '../runs.js';
import type { SpentRow } from '../spent.js';
import { reasonFor, type Verdict } from '../verdicts.js';
import { accuracy, type CsvRow, decimal, estimateColumns, named, seeds, sharpnessColumns } from './cells.js';

const QUANTITIES: Readonly<Record<Verdict['quantity'], string>> = {
  accuracy: 'accuracy',
  rise: 'loss under noise',
  defined: 'sharpness, defined',
  keskar: 'sharpness, keskar',
  reference: 'sharpness, reference',
};

/** claims.csv: each claim of the paper with its verdict. `effect` is in the direction of the claim: above 0 is as the paper says. */
export function claimCsv(claim: Verdict): CsvRow {
  const { statement, table, row, preset, quantity, word, effect, published, seedsNeeded, more, less } = claim;
  const runsOf = (group: Group | null) => (group === null ? '' : `${group.name} ${seedList(group)}`);
  return {
    claim: statement,
    table,
    ...named(row),
    preset,
    quantity: QUANTITIES[quantity],
    verdict: word,
    ...estimateColumns('effect', effect),
    paired: effect === null ? '' : effect.paired ? 'yes' : 'no',
    paper_effect: decimal(published),
    seeds_needed: seedsNeeded ?? '',
    reason: reasonFor(claim),
    more: runsOf(more),
    less: runsOf(less),
  };
}

/** beyond.csv: methods and batches that are not in the paper, so that no column is the paper's. */
export function beyondCsv({ group, average, improvement, gap, gradientEvaluations, seconds }: BeyondRow): CsvRow {
  return {
    experiment: group.experiment,
    ...named(group.settings),
    batch_size: group.settings.batchSize,
    method: group.method,
    strength: strengthOf(group.settings.method) ?? '',
    seeds: seeds(group),
    ...estimateColumns('accuracy', accuracy(group)),
    ...estimateColumns('average_accuracy', average),
    ...estimateColumns('improvement', improvement),
    generalisation_gap: decimal(gap?.mean),
    ...sharpnessColumns('sharpness', group),
    gradient_evaluations: gradientEvaluations === null ? '' : Math.round(gradientEvaluations.mean),
    seconds: Math.round(seconds.mean),
    generated_data: group.synthetic ? 'yes' : 'no',
  };
}

/** comparison.csv: two folders of results side by side, a line for each pair; `left` and `right` are the folders in the order they were given. */
export function comparisonCsv({ pairs }: ComparedResults): CsvRow[] {
  return pairs.map(({ present, left, right, difference, settings }) => {
    const { experiment, method, settings: own, standing } = present;
    return {
      experiment,
      method,
      ...named(own),
      batch_size: own.batchSize,
      ...sideColumns('left', left),
      ...sideColumns('right', right),
      ...estimateColumns('difference', difference.best),
      deviations: standing.deviations.join('; '),
      settings_left_right: settings.join('; '),
    };
  });
}

function sideColumns(name: string, group: Group | null): CsvRow {
  return {
    [`${name}_seeds`]: seeds(group),
    ...estimateColumns(`${name}_accuracy`, accuracy(group)),
    ...sharpnessColumns(`${name}_sharpness`, group),
  };
}

/** correlations.csv: measures beside the generalisation gap and the test error. */
export function correlationCsv(row: CorrelationRow): CsvRow {
  return {
    dataset: datasetTitle(row.dataset),
    generated_data: row.synthetic ? 'yes' : 'no',
    dnn: row.network ?? 'all',
    measure: row.measure,
    target: TARGETS[row.target].title,
    runs: row.points.length,
    ...coefficientColumns('kendall', row.kendall),
    ...coefficientColumns('spearman', row.spearman),
    ...coefficientColumns('granulated', row.granulated),
    granulated_by_setting: [...row.bySetting].map(([name, value]) => `${name} ${decimal(value)}`).join('; '),
    verdict: sentenceOf(row),
  };
}

function coefficientColumns(name: string, coefficient: Coefficient | null): CsvRow {
  return {
    [name]: decimal(coefficient?.value),
    [`${name}_low`]: decimal(coefficient?.interval?.low),
    [`${name}_high`]: decimal(coefficient?.interval?.high),
  };
}

/** Six significant digits: eigenvalues and traces span many decades. */
const digits = (value: number | null | undefined): string => (value == null ? '' : `${Number(value.toPrecision(6))}`);

/** curvature.csv: second derivatives of the loss at the best epochs. */
export function curvatureRowCsv({ group, first, loss, largestEigenvalue, trace }: CurvatureRow): CsvRow {
  const { matrix, split, batchNorm, images } = first;
  return {
    experiment: group.experiment,
    ...named(group.settings),
    batch_size: group.settings.batchSize,
    method: group.method,
    seeds: seeds(group),
    measured: loss.n,
    ...{ matrix, split, batch_norm: batchNorm, images },
    ...estimateColumns('loss', loss, digits),
    ...estimateColumns('largest_eigenvalue', largestEigenvalue, digits),
    ...estimateColumns('trace', trace, digits),
    generated_data: group.synthetic ? 'yes' : 'no',
  };
}

export const UNFINISHED_COLUMNS = ['folder', 'status', 'epochs_done', 'epochs', 'seconds', 'device', 'code', 'error'];

/** unfinished.csv: a run that failed, diverged, was interrupted or never said that it ended. */
export function unfinishedCsv({ folder, record }: Run): CsvRow {
  const { status, epochsDone, epochs, seconds, device, error } = record;
  return {
    ...{ folder, status, epochs_done: epochsDone, epochs, seconds: Math.round(seconds), device },
    ...{ code: error?.code ?? '', error: error?.message ?? '' },
  };
}

/** spent.csv: what the results cost. */
export function spentCsv({ engine, device, processor, threads, activity, outcome, count, hours }: SpentRow): CsvRow {
  return { engine, device, processor, threads, activity, outcome, count, hours: decimal(hours) };
}
