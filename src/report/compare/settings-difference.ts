import type { RunSettings } from '../runs/settings.js';

/** Every setting by its path, `optimizer.learningRate`; lists are one value. */
function flatten(value: unknown, path = ''): [path: string, value: string][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[path, JSON.stringify(value)]];
  return Object.entries(value).flatMap(([key, inner]) => flatten(inner, path === '' ? key : `${path}.${key}`));
}

/** The settings in which two runs differ, but for the experiment's name: "batchSize 1000 / 1200". */
export function settingsDifference(left: RunSettings, right: RunSettings): string[] {
  const [a, b] = [new Map(flatten(left)), new Map(flatten(right))];
  const named = ['experiment', 'method.label', 'initialLearningRate'];
  return [...new Set([...a.keys(), ...b.keys()])]
    .filter((path) => a.get(path) !== b.get(path) && !named.includes(path))
    .map((path) => `${path} ${a.get(path) ?? 'unset'} / ${b.get(path) ?? 'unset'}`);
}
