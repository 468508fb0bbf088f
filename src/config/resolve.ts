/** From a config to its runs: one for each method and seed. */

import { stringify } from 'yaml';
import { at } from '../support/at.js';
import { sha256 } from '../support/digest.js';
import { didYouMean, SmoothOutError } from '../support/errors.js';
import { readTextIfExists } from '../support/files.js';
import { loadConfigs } from './load.js';
import { labelOf, type MethodConfig, selectMethods } from './methods.js';
import { type OnStale, withOwnModules } from './named-files.js';
import type { Config, RunSpec } from './schema.js';
import { parseTree, plain } from './tree.js';

export interface RunSelection {
  /** Labels of methods, or names, which count where no method has such a label. Without them all methods are meant. */
  readonly methods?: readonly string[] | undefined;
  /** Without them, the config's own are meant. */
  readonly seeds?: readonly number[] | undefined;
}

export interface Plan extends RunSelection {
  /** Changes of the configs, as `--set` takes them. */
  readonly set?: readonly string[] | undefined;
}

/**
 * Every run that files describe and a plan asks for, in their order; all of them are checked before any starts.
 *
 * @throws SmoothOutError CONFIG_INVALID, USAGE
 */
export async function planRuns(files: readonly string[], { set, ...selection }: Plan = {}): Promise<RunSpec[]> {
  const { methods } = selection;
  const configs = await Promise.all(
    files.map(async (file) => (await loadConfigs(file, { set, methods })).map((config) => [config, file] as const)),
  );
  return resolveAllRuns(configs.flat(), selection);
}

/** @throws SmoothOutError USAGE for a method that the config does not have. */
export function resolveRuns(config: Config, { methods, seeds = config.seeds }: RunSelection = {}): RunSpec[] {
  const chosen = methods === undefined ? config.methods : selectMethods(config.methods, methods);
  for (const name of methods ?? []) {
    if (selectMethods(config.methods, [name]).length > 0) continue;
    const labels = config.methods.map(labelOf);
    const help = didYouMean(name, labels) || `; it has ${labels.join(', ')}`;
    throw new SmoothOutError('USAGE', `--method ${name}: experiment ${config.experiment} has no such method${help}`);
  }
  return chosen.flatMap((method) => seeds.map((seed) => resolveRun(config, method, seed)));
}

/**
 * @param configs with the file that each comes from
 * @throws SmoothOutError CONFIG_INVALID where two of the runs would share a folder
 */
export function resolveAllRuns(configs: readonly (readonly [Config, string])[], selection: RunSelection): RunSpec[] {
  const files = new Map<string, string>();
  return configs.flatMap(([config, file]) => {
    const runs = resolveRuns(config, selection);
    for (const { experiment, method, seed } of runs) {
      const folder = `${experiment}/${method.label}/seed-${seed}`;
      const other = files.get(folder);
      if (other !== undefined) {
        const both = other === file ? `two configs of ${file}` : `${other} and ${file}`;
        throw new SmoothOutError('CONFIG_INVALID', `${both} would share the folder runs/${folder}`, {
          hint: 'Give each an experiment name of its own.',
        });
      }
      files.set(folder, file);
    }
    return runs;
  });
}

function resolveRun(
  { methods: _, seeds: __, tuning = {}, ...settings }: Config,
  method: MethodConfig,
  seed: number,
): RunSpec {
  const { optimizer, dropout = settings.dropout, average = settings.average, ...own } = method;
  const label = labelOf(method);
  const how = tuning[label];
  const resolved = {
    ...settings,
    ...(how !== undefined && { tuning: { [label]: how } }),
    optimizer: { ...settings.optimizer, ...(optimizer as Partial<Config['optimizer']>) },
    dropout,
    average,
    method: { ...own, label },
  };
  return { ...resolved, seed, configHash: sha256(identity(resolved)) };
}

/**
 * Settings that came after the first results, by their paths. With these values a run is what it was without them, and so
 * they are left out of its hash.
 */
const LATER_SETTINGS: Readonly<Record<string, unknown>> = {
  average: null,
  budget: null,
  'method.noise.distribution': 'uniform',
  'optimizer.scaling': 'none',
  'optimizer.referenceBatchSize': 256,
  'optimizer.warmup': 0,
  'optimizer.decay': 'none',
  'optimizer.trust': 0.001,
};

/** The text that is hashed: runs with the same text are the same run. A file of the user's own counts by its contents alone. */
function identity({ modules = {}, tuning: _, epochs, ...others }: Omit<RunSpec, 'seed' | 'configHash'>): string {
  // With a budget, `epochs` is ignored.
  const settings = others.budget === null ? { ...others, epochs } : others;
  return Object.entries(modules).reduce(
    (text, [path, digest]) => text.replaceAll(JSON.stringify(path), JSON.stringify(digest)),
    JSON.stringify(canonical(settings)),
  );
}

/** The same value with its keys sorted, so that equal settings give equal text, and without `LATER_SETTINGS`. */
function canonical(value: unknown, path: readonly string[] = []): unknown {
  if (Array.isArray(value)) return value.map((item) => canonical(item, path));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).flatMap(([key, item]) => {
    const inner = [...path, key];
    return item === LATER_SETTINGS[inner.join('.')] ? [] : [[key, canonical(item, inner)] as const];
  });
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The text of config.yaml in a run's folder. It writes every default out, and is itself a config, of this run alone. */
export function runConfigText({ method, seed, configHash: _, ...settings }: RunSpec): string {
  const lines = stringify(
    { ...settings, seeds: [seed], methods: [method] },
    { aliasDuplicateObjects: false, lineWidth: 0 },
  );
  return `# The resolved settings of this run. \`smoothout run\` of this file repeats it.\n${lines}`;
}

/** Names, for an error message, the settings in which the config.yaml at `path` differs from `spec`. */
export async function otherSettings(path: string, spec: RunSpec): Promise<string> {
  const text = (await readTextIfExists(path)) ?? '';
  const settingsIn = (yaml: string) => leavesOf(plain(parseTree(yaml, () => path)));
  const [before, now] = [settingsIn(text), settingsIn(runConfigText(spec))];
  const keys = [...new Set([...before.keys(), ...now.keys()])].filter(
    (key) => !key.startsWith('tuning.') && before.get(key) !== now.get(key),
  );
  const shown = keys
    .slice(0, 5)
    .map((key) => `${key} ${before.get(key) ?? 'nothing'}, now ${now.get(key) ?? 'nothing'}`);
  return (
    [...shown, ...(keys.length > 5 ? [`and ${keys.length - 5} more`] : [])].join('; ') || 'see config.yaml beside it'
  );
}

/** The values in nested settings, as JSON, by their dotted keys. */
function leavesOf(value: unknown, prefix = ''): Map<string, string> {
  if (typeof value !== 'object' || value === null) return new Map([[prefix, JSON.stringify(value)]]);
  const below = Object.entries(value).flatMap(([key, each]) => [...leavesOf(each, prefix ? `${prefix}.${key}` : key)]);
  return new Map(below);
}

/**
 * The run that a run folder's config.yaml describes.
 *
 * @param onStale where only its records are read, as `withOwnModules` takes it.
 * @throws SmoothOutError CONFIG_INVALID
 */
export async function readRunConfig(path: string, onStale?: OnStale): Promise<RunSpec> {
  const runs = (await loadConfigs(path, { onStale })).flatMap((config) => resolveRuns(config));
  if (runs.length !== 1) {
    throw new SmoothOutError('CONFIG_INVALID', `${path}: expected the config of one run, got ${runs.length}`);
  }
  return at(runs, 0);
}

/**
 * Loads and registers the modules that a run names, for a process that was sent the run and has not loaded its config.
 *
 * @throws SmoothOutError CONFIG_INVALID
 */
export async function enterModules(spec: RunSpec): Promise<void> {
  await withOwnModules(parseTree(runConfigText(spec), () => `${spec.experiment} ${spec.method.label}`));
}
