/** Which settings tell runs apart. */
import type { RunSpec } from '../config/schema.js';

export interface DifferingSetting {
  /** Such as `optimizer.learningRate`. */
  readonly path: string;
  /** As JSON, in the order of the runs; `unset` where a run has no such setting. */
  readonly values: readonly string[];
}

/** What names a run or tells how a strength was found is no setting. */
const NAMES = ['experiment', 'method.label', 'seed', 'configHash'];

/** The settings that are not the same in all of them. */
export function differingSettings(runs: readonly RunSpec[]): DifferingSetting[] {
  const settings = runs.map(({ tuning: _, ...run }) => new Map(flatten(run)));
  const paths = new Set(settings.flatMap((one) => [...one.keys()]));
  return [...paths]
    .filter((path) => !NAMES.includes(path))
    .map((path) => ({ path, values: settings.map((one) => one.get(path) ?? 'unset') }))
    .filter(({ values }) => new Set(values).size > 1);
}

/** Every setting by its path; lists are one value. */
function flatten(value: unknown, path = ''): [path: string, value: string][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[path, JSON.stringify(value)]];
  return Object.entries(value).flatMap(([key, inner]) => flatten(inner, path === '' ? key : `${path}.${key}`));
}
