/** Choosing settings on held-out training images: what is tried, under which names, and what is chosen. */
import { loadConfigs } from '../config/load.js';
import { parseOverride } from '../config/overrides.js';
import { type RunSelection, resolveRuns } from '../config/resolve.js';
import type { Config, RunSpec } from '../config/schema.js';
import type { Scalar } from '../config/tree.js';
import type { TuneResult } from '../config/tuned.js';
import { SmoothOutError } from '../support/errors.js';

/** The values to try of one key of the config. */
export interface Axis {
  readonly key: string;
  readonly values: readonly Scalar[];
}

/** One choice of a value for each key. */
export type Settings = Readonly<Record<string, Scalar>>;

/** One method with one choice of settings: a run for each seed. */
export interface Trial {
  /** Its label in the config. */
  readonly method: string;
  readonly settings: Settings;
  readonly runs: readonly RunSpec[];
}

/** All that is tried for one experiment, at every choice of settings. */
export interface Tuning {
  readonly experiment: string;
  readonly epochs: number;
  readonly trials: readonly Trial[];
}

/** @throws SmoothOutError USAGE unless the text is such as noise.a=0.005,0.01,0.02 */
export function parseAxis(text: string): Axis {
  const [, key, list] = /^([^=\s]+)=(.+)$/s.exec(text) ?? [];
  const values = (list ?? '').split(',').map((value) => {
    const tree = key === undefined || value.trim() === '' ? undefined : parseOverride(`${key}=${value}`).value;
    if (tree?.kind === 'scalar') return tree.value;
    throw new SmoothOutError('USAGE', `--grid ${text}: expected a key and the values to try`, {
      hint: 'For example --grid noise.a=0.005,0.01,0.02',
    });
  });
  const repeated = values.find((value, i) => values.indexOf(value) !== i);
  if (repeated !== undefined) throw new SmoothOutError('USAGE', `--grid ${text}: ${repeated} is there twice`);
  return { key: key!, values };
}

/** Every combination of the axes' values, the last axis changing fastest. */
export function product(axes: readonly Axis[]): Settings[] {
  return axes.reduce<Settings[]>(
    (points, { key, values }) => points.flatMap((point) => values.map((value) => ({ ...point, [key]: value }))),
    [{}],
  );
}

export interface TuneOptions extends RunSelection {
  readonly axes: readonly Axis[];
  /** Training images to choose by. */
  readonly holdout: number;
  readonly set: readonly string[];
}

/**
 * The trials of a config, one tuning for each of its variants. Methods that the grid changes nothing of are left out. The
 * runs of a trial are those of a method named after it (`smoothout-a0.01`) in an experiment named after the config's
 * (`f1-lb-tune`).
 *
 * @throws SmoothOutError CONFIG_INVALID, USAGE
 */
export async function planTuning(file: string, options: TuneOptions): Promise<Tuning[]> {
  const { axes, holdout, set, ...selection } = options;
  const points = product(axes);
  const tunings = new Map<string, Tuning>();
  for (const settings of points) {
    const chosen = Object.entries(settings).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
    for (const config of await loadConfigs(file, { set: [...set, ...chosen, `validation=holdout:${holdout}`] })) {
      const { experiment, epochs } = config;
      const earlier = tunings.get(experiment)?.trials ?? [];
      tunings.set(experiment, { experiment, epochs, trials: [...earlier, ...trialsAt(config, settings, selection)] });
    }
  }
  const planned = [...tunings.values()].map((tuning) => ({ ...tuning, trials: withoutUnchanged(tuning.trials) }));
  if (planned.every(({ trials }) => trials.length === 0)) {
    throw new SmoothOutError('USAGE', `--grid: ${axes.map(({ key }) => key).join(', ')} changes none of the methods`);
  }
  return planned;
}

/** A trial for each method. Two of equal settings, whatever they are called, have the same hash. */
function trialsAt(config: Config, settings: Settings, selection: RunSelection): Trial[] {
  const runs = resolveRuns(config, selection);
  const labels = [...new Set(runs.map(({ method }) => method.label))];
  return labels.map((method) => ({ method, settings, runs: runs.filter((run) => run.method.label === method) }));
}

function withoutUnchanged(trials: readonly Trial[]): Trial[] {
  const hashes = (method: string) => trials.filter((trial) => trial.method === method).map((trial) => trial.runs[0]!.configHash);
  const changes = (method: string) => new Set(hashes(method)).size === hashes(method).length;
  return trials.filter(({ method }) => changes(method));
}
