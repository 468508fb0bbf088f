/** Two folders of results side by side: as data, as CSV and for the terminal. */
import { type ClaimingGroup, describeGroup } from './cells.js';
import { type CsvRow, decimal, sharpnessColumns } from './csv-files.js';
import { percentText, plusMinus, sharpnessText, signedText } from './format.js';
import { DATASET_NAMES, MODEL_NAMES } from './paper.js';
import { differences, type Results } from './results.js';
import { type Epoch, meanAccuracy, nameOf, type RunSettings, sharpness } from './runs.js';
import type { Difference } from './statistics.js';

/** One cell of the paper's tables, or one other group, in two folders of results. */
export interface ComparedPair {
  readonly left: ClaimingGroup | null;
  readonly right: ClaimingGroup | null;
  /** What the settings of the two differ in; empty for a repetition. */
  readonly settings: readonly string[];
  /** right − left, percentage points; null where a side is missing. */
  readonly difference: Readonly<Record<Epoch, Difference | null>>;
}

export interface Comparison {
  /** The two folders, as they were given. */
  readonly names: readonly [left: string, right: string];
  readonly pairs: readonly ComparedPair[];
}

/**
 * Puts two folders of results side by side: cell by cell where runs stand in the paper's tables, and by the name of
 * experiment and method for all others. A name that several groups of one folder share cannot be matched and is left out.
 */
export function compareResults(names: readonly [string, string], left: Results, right: Results): Comparison {
  const sides = [keyed(left), keyed(right)] as const;
  const keys = [...new Set([...sides[0].keys(), ...sides[1].keys()])];
  const pairs = keys.map((key): ComparedPair => {
    const [a, b] = sides.map((side) => side.get(key) ?? null) as [ClaimingGroup | null, ClaimingGroup | null];
    const settings =
      a === null || b === null ? [] : settingsDifference(a.group.runs[0]!.settings, b.group.runs[0]!.settings);
    return { left: a, right: b, settings, difference: differences(b, a) };
  });
  return { names, pairs };
}

function keyed(results: Results): Map<string, ClaimingGroup> {
  const entries = new Map<string, ClaimingGroup>();
  for (const cell of results.cells.placed) entries.set(`row ${cell.claim.row!.id}/${cell.claim.method}`, cell);
  const names = results.cells.apart.map(({ group }) => nameOf(group));
  for (const cell of results.cells.apart) {
    const name = nameOf(cell.group);
    if (names.filter((other) => other === name).length === 1) entries.set(name, cell);
  }
  return entries;
}

/** Every setting by its path, `optimizer.learningRate`; lists are one value. */
function flatten(value: unknown, path = ''): [path: string, value: string][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[path, JSON.stringify(value)]];
  return Object.entries(value).flatMap(([key, inner]) => flatten(inner, path === '' ? key : `${path}.${key}`));
}

/** The settings in which two runs differ, but for the experiment's name: "batchSize 1000 / 1200". */
function settingsDifference(left: RunSettings, right: RunSettings): string[] {
  const [a, b] = [new Map(flatten(left)), new Map(flatten(right))];
  const named = ['experiment', 'method.label', 'initialLearningRate'];
  return [...new Set([...a.keys(), ...b.keys()])]
    .filter((path) => a.get(path) !== b.get(path) && !named.includes(path))
    .map((path) => `${path} ${a.get(path) ?? 'unset'} / ${b.get(path) ?? 'unset'}`);
}

/** A line for each pair; `left` and `right` are the folders in the order they were given. */
export function comparisonCsv({ pairs }: Comparison): CsvRow[] {
  return pairs.map(({ left, right, difference, settings }) => {
    const { group, claim } = (left ?? right)!;
    const { model, dataset, batchSize } = group.runs[0]!.settings;
    return {
      experiment: group.experiment,
      method: group.method,
      dnn: MODEL_NAMES[model],
      dataset: DATASET_NAMES[dataset],
      batch_size: batchSize,
      ...side('left', left),
      ...side('right', right),
      difference: decimal(difference.best?.mean),
      difference_ci95: decimal(difference.best?.ci95),
      deviations: claim.deviations.join('; '),
      settings_left_right: settings.join('; '),
    };
  });
}

function side(name: string, cell: ClaimingGroup | null): CsvRow {
  const accuracy = cell === null ? null : meanAccuracy(cell.group);
  return {
    [`${name}_seeds`]: accuracy?.n ?? 0,
    [`${name}_accuracy`]: decimal(accuracy?.mean),
    [`${name}_accuracy_ci95`]: decimal(accuracy?.ci95),
    ...sharpnessColumns(`${name}_sharpness`, cell),
  };
}

/** The columns with numbers. */
export const COMPARISON_RIGHT = [1, 2, 3, 4, 5, 6, 7];

/** The comparison for the terminal, its header first. */
export function comparisonTable({ names: [left, right], pairs }: Comparison): string[][] {
  const accuracy = (cell: ClaimingGroup | null): string[] => {
    const value = cell === null ? null : meanAccuracy(cell.group);
    return [String(value?.n ?? 0), `${percentText(value?.mean)}${plusMinus(value)}`];
  };
  const sharp = (cell: ClaimingGroup | null): string =>
    sharpnessText(cell === null ? null : sharpness(cell.group, 'defined')?.mean);
  return [
    ['runs', 'n', left, 'n', right, 'difference', 'sharpness', 'sharpness', ''],
    ...pairs.map((pair) => {
      const present = (pair.left ?? pair.right)!;
      const { best } = pair.difference;
      return [
        nameOf(present.group),
        ...accuracy(pair.left),
        ...accuracy(pair.right),
        `${signedText(best?.mean)}${plusMinus(best)}`,
        sharp(pair.left),
        sharp(pair.right),
        [describeGroup(present), ...pair.settings].join('; '),
      ];
    }),
  ];
}
