/** Which settings tell runs apart. */
import type { RunSpec } from '../config/schema.js';

export interface DifferingSetting {
  /** Such as `optimizer.learningRate`. */
  readonly path: string;
  /** As JSON, in the order of the runs; `unset` where a run has no such setting. */
  readonly values: readonly string[];
}

/**
 * The settings that are not the same in all of them. What names a run, or tells how a strength was found, is no setting.
 *
 * @param depth how far down one is told from another: at 1 a method with its strength is one, and so is an optimizer.
 */
export function differingSettings(runs: readonly RunSpec[], depth = Number.POSITIVE_INFINITY): DifferingSetting[] {
  const settings = runs.map(({ experiment: _, seed: _s, configHash: _h, tuning: _t, ...run }) => {
    const { label: _l, ...method } = run.method;
    return new Map(flatten({ ...run, method }, depth));
  });
  const paths = new Set(settings.flatMap((one) => [...one.keys()]));
  return [...paths]
    .map((path) => ({ path, values: settings.map((one) => one.get(path) ?? 'unset') }))
    .filter(({ values }) => new Set(values).size > 1);
}

/** Every setting by its path; lists are one value. */
function flatten(value: unknown, depth: number, path = ''): [path: string, value: string][] {
  if (depth === 0 || typeof value !== 'object' || value === null || Array.isArray(value))
    return [[path, JSON.stringify(value)]];
  return Object.entries(value).flatMap(([key, inner]) =>
    flatten(inner, depth - 1, path === '' ? key : `${path}.${key}`),
  );
}
