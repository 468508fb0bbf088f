/** Whether what was measured of the runs of a data set goes with how they generalise: rank correlations with intervals. */
import type { AnyDataset } from '../data/catalogue.js';
import { at } from '../support/at.js';
import { bootstrapInterval, type Interval } from '../support/bootstrap.js';
import { kendall, spearman } from '../support/rank-correlation.js';
import { groupBy } from '../support/statistics.js';
import { granulated, granulatedBySetting, granulesOf } from './granulated.js';
import { measuresOf } from './measures.js';
import { modelTitle } from './paper.js';
import { generalisationGap, type Run } from './runs.js';

/** What a measure may go with. */
export const TARGETS = {
  gap: { title: 'generalisation gap', of: generalisationGap },
  error: { title: 'test error', of: (run: Run) => 100 - run.record.bestAccuracy! },
} as const;

type Target = keyof typeof TARGETS;
const TARGET_NAMES = Object.keys(TARGETS) as readonly Target[];

/** With a 95 % bootstrap interval over runs, where there is one. */
export interface Coefficient {
  readonly value: number;
  readonly interval: Interval | null;
}

export interface CorrelationRow {
  readonly dataset: AnyDataset;
  readonly synthetic: boolean;
  /** A network's title; null over the runs of all networks. */
  readonly network: string | null;
  readonly measure: string;
  readonly target: Target;
  readonly points: readonly MeasuredRun[];
  readonly kendall: Coefficient | null;
  readonly spearman: Coefficient | null;
  /** Jiang et al.'s Ψ: null where no two runs differ in one setting alone. */
  readonly granulated: Coefficient | null;
  /** ψ of each setting that Ψ is the mean of. */
  readonly bySetting: ReadonlyMap<string, number>;
}

interface MeasuredRun {
  readonly run: Run;
  readonly measure: number;
  readonly target: number;
}

/** Fewer runs show nothing but chance. */
export const LEAST_RUNS = 12;

/**
 * A row for every data set, measure and target that at least 12 completed runs have: over all networks, and for each network
 * where there are several. Runs that choose their best epoch on held-out training images have no test error, and are left out.
 */
export function correlationRows(runs: readonly Run[]): CorrelationRow[] {
  const usable = runs.filter(({ record, settings }) => record.status === 'completed' && settings.validation === 'test');
  const datasets = groupBy(usable, ({ settings, record }) => `${settings.dataset} ${record.data.synthetic}`);
  return [...datasets.values()].flatMap((ofDataset) => {
    const networks = groupBy(ofDataset, ({ settings }) => modelTitle(settings.model));
    const apart = networks.size > 1 ? [...networks].flatMap(([network, of]) => rowsOf(network, of)) : [];
    const only = networks.size === 1 ? at([...networks.keys()], 0) : null;
    return [...rowsOf(only, ofDataset), ...apart];
  });
}

function rowsOf(network: string | null, runs: readonly Run[]): CorrelationRow[] {
  const measured = runs.map((run) => ({ run, measures: measuresOf(run) }));
  const names = [...new Set(measured.flatMap(({ measures }) => [...measures.keys()]))];
  return names.flatMap((measure) =>
    TARGET_NAMES.flatMap((target): CorrelationRow[] => {
      const points = measured.flatMap(({ run, measures }): MeasuredRun[] => {
        const [x, y] = [measures.get(measure), TARGETS[target].of(run)];
        return x === undefined || y === null ? [] : [{ run, measure: x, target: y }];
      });
      if (points.length < LEAST_RUNS) return [];
      const { settings, record } = at(points, 0).run;
      const which = { dataset: settings.dataset, synthetic: record.data.synthetic, network, measure, target };
      return [{ ...which, points, ...coefficientsOf(points) }];
    }),
  );
}

function coefficientsOf(points: readonly MeasuredRun[]) {
  const x = points.map(({ measure }) => measure);
  const y = points.map(({ target }) => target);
  const n = points.length;
  const granules = granulesOf(points.map(({ run }) => run.settings));
  const ranked = (correlation: typeof kendall) => (sample: ArrayLike<number>) => {
    const places = Array.from(sample);
    return correlation(
      places.map((i) => at(x, i)),
      places.map((i) => at(y, i)),
    );
  };
  const bySetting = granulatedBySetting(granules, x, y, new Uint32Array(n).fill(1));
  const granulatedOf = (sample: ArrayLike<number>): number | null => {
    const counts = new Uint32Array(n);
    for (const i of Array.from(sample)) counts[i]!++;
    return granulated(granulatedBySetting(granules, x, y, counts));
  };
  const coefficient = (statisticOf: (sample: ArrayLike<number>) => number | null): Coefficient | null => {
    const value = statisticOf(points.map((_, i) => i));
    return value === null ? null : { value, interval: bootstrapInterval(n, value, statisticOf) };
  };
  return {
    kendall: coefficient(ranked(kendall)),
    spearman: coefficient(ranked(spearman)),
    granulated: coefficient(granulatedOf),
    bySetting,
  };
}

/** "0.45 [0.21, 0.62]" */
export function coefficientText(coefficient: Coefficient | null): string {
  if (coefficient === null) return 'not defined';
  const { value, interval } = coefficient;
  const range = interval === null ? '' : ` [${interval.low.toFixed(2)}, ${interval.high.toFixed(2)}]`;
  return `${value.toFixed(2)}${range}`.replaceAll('-', '−');
}
