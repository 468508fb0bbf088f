/** Two folders of results side by side: on the page, as comparison.csv and in the terminal. */
import { METHOD_TITLES } from '../../config/methods.js';
import { groupBy } from '../../support/statistics.js';
import { accuracyDifference, describeGroup, type Group, publishedOf, sharpness } from '../groups.js';
import type { Results } from '../results.js';
import { differingSettings } from '../settings-difference.js';
import { differenceText, meanText, sharpnessText } from '../text.js';
import {
  accuracy,
  differenceColumns,
  estimateColumns,
  mark,
  networkColumns,
  paperColumn,
  seeds,
  sharpnessColumns,
} from './columns.js';
import { type Column, type Table, table } from './table.js';

/** One cell of the paper's tables, or one other group, in two folders of results. */
export interface ComparedPair {
  /** The left one; the right one where that is alone. */
  readonly present: Group;
  readonly left: Group | null;
  readonly right: Group | null;
  /** "batchSize 1000 / 1200" for each setting that the two differ in; empty for a repetition. */
  readonly settings: readonly string[];
}

export interface ComparedResults {
  /** The two folders, as they were given. */
  readonly names: readonly [left: string, right: string];
  readonly pairs: readonly ComparedPair[];
}

/**
 * Puts two folders of results side by side: cell by cell where runs stand in the paper's tables, and by the name of
 * experiment and method for all others. A name that several groups of one folder share cannot be matched and is left out.
 */
export function compareResults(names: readonly [string, string], left: Results, right: Results): ComparedResults {
  const [ofLeft, ofRight] = [keyed(left), keyed(right)];
  // In the order of the left ones, then of those that the right alone has.
  const pairs = [...new Map([...ofLeft, ...ofRight, ...ofLeft])].map(([key, present]): ComparedPair => {
    const [a, b] = [ofLeft.get(key) ?? null, ofRight.get(key) ?? null];
    const differing = a && b ? differingSettings([a.settings, b.settings]) : [];
    const settings = differing.map(({ path, values }) => `${path} ${values.join(' / ')}`);
    return { present, left: a, right: b, settings };
  });
  return { names, pairs };
}

function keyed({ cells: { placed }, outside }: Results): Map<string, Group> {
  const named = [...groupBy(outside, ({ name }) => name)].filter(([, groups]) => groups.length === 1);
  return new Map([
    ...placed.map((group) => [`row ${group.standing.row!.id}/${group.standing.method}`, group] as const),
    ...named.map(([name, [group]]) => [name, group] as const),
  ]);
}

export function comparisonTable({ names, pairs }: ComparedResults): Table {
  const title = names.join(' beside ');
  const sides = (['left', 'right'] as const).map((side, i) => ({
    count: [{ csv: `${side}_seeds`, value: ({ [side]: group }: ComparedPair) => seeds(group) }],
    accuracy: estimateColumns(
      { csv: `${side}_accuracy`, title: names[i]!, group: 'Accuracy, %' },
      ({ [side]: group }: ComparedPair) => accuracy(group),
    ),
    sharpness: sharpnessColumns(
      `${side}_sharpness`,
      `Sharpness, ${names[i]}`,
      ({ [side]: group }: ComparedPair) => group,
    ),
  }));
  const differences = differenceColumns(
    'difference',
    `${names[1]} − ${names[0]}, points`,
    ({ right }: ComparedPair) => right,
    ({ left }) => left,
  );
  const ofFile: Column<ComparedPair>[] = [
    { csv: 'experiment', value: ({ present }) => present.experiment },
    { csv: 'method', value: ({ present }) => present.method },
    ...networkColumns(({ present }: ComparedPair) => present.settings),
    { csv: 'batch_size', value: ({ present }) => present.settings.batchSize },
    ...sides.flatMap(({ count, accuracy, sharpness }) => [...count, ...accuracy, ...sharpness]),
    ...differences,
    { csv: 'deviations', value: ({ present }) => present.standing.deviations.join('; ') },
    { csv: 'settings_left_right', value: ({ settings }) => settings.join('; ') },
  ];
  const ofPage: Column<ComparedPair>[] = [
    { title: 'Runs', value: ({ present }) => present.name },
    {
      ...{ title: 'Settings', wrap: true },
      cell: ({ present, settings }) => ({ content: [describeGroup(present), settings.map(mark)] }),
    },
    { title: 'Method', value: ({ present }) => METHOD_TITLES[present.settings.method.name] },
    paperColumn(undefined, 'Accuracy, %', ({ present }) => publishedOf(present)?.accuracy.toFixed(2)),
    ...sides.flatMap(({ accuracy }) => accuracy),
    ...differences,
    ...sides.flatMap(({ sharpness }) => sharpness),
  ];
  return table({
    ...{ name: 'comparison', title, link: 'Comparison', file: 'maybe' },
    ...{ columns: ofFile, arranged: { [title]: ofPage }, rows: pairs },
  });
}

/** The columns with numbers of what a terminal shows. */
export const COMPARISON_RIGHT = [1, 2, 3, 4, 5, 6, 7];

/** The same for a terminal, the header first. */
export function comparisonLines({ names: [left, right], pairs }: ComparedResults): string[][] {
  const sharp = (group: Group | null): string => sharpnessText(group && sharpness(group, 'defined')?.mean);
  return [
    ['runs', 'n', left, 'n', right, 'difference', 'sharpness', 'sharpness', ''],
    ...pairs.map(({ present, settings, left, right }) => [
      present.name,
      ...[left, right].flatMap((group) => [String(seeds(group)), meanText(accuracy(group))]),
      differenceText(accuracyDifference(right, left)),
      ...[sharp(left), sharp(right), [describeGroup(present), ...settings].join('; ')],
    ]),
  ];
}
