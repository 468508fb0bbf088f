/** Choosing settings on held-out training images: what is tried, under which names, and what is chosen. */
import { parseOverride } from '../config/layers.js';
import { loadConfigs, type TuneResult } from '../config/load.js';
import { strengthOf } from '../config/methods.js';
import { type RunSelection, resolveRuns } from '../config/resolve.js';
import { type Config, configSchema, type RunSpec } from '../config/schema.js';
import type { Scalar } from '../config/tree.js';
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
  /** Of the method under its own label: equal where the settings come to the same. */
  readonly configHash: string;
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
 * The trials of a config, one tuning for each of its variants. A trial's runs are those of a method named after it
 * (`smoothout-a0.01`) in an experiment named after the config's (`f1-lb-tune`). Methods that the grid does not reach (the
 * baseline, of `noise.a`) are left out.
 *
 * @throws SmoothOutError CONFIG_INVALID, USAGE
 */
export async function planTuning(file: string, { axes, holdout, set, ...selection }: TuneOptions): Promise<Tuning[]> {
  const tunings = new Map<string, Tuning>();
  const points = product(axes);
  if (points.length < 2) throw new SmoothOutError('USAGE', '--grid: a single value leaves nothing to choose');
  for (const settings of points) {
    const chosen = Object.entries(settings).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
    for (const config of await loadConfigs(file, { set: [...set, ...chosen, `validation=holdout:${holdout}`] })) {
      const { experiment, epochs } = config;
      const trials = [...(tunings.get(experiment)?.trials ?? []), ...trialsAt(config, settings, selection)];
      tunings.set(experiment, { experiment, epochs, trials });
    }
  }
  return [...tunings.values()].map((tuning) => ({ ...tuning, trials: reached(tuning.trials, axes) }));
}

function trialsAt(config: Config, settings: Settings, selection: RunSelection): Trial[] {
  const experiment = folderName(`${config.experiment}-tune`);
  const values = Object.entries(settings).map(([key, value]) => `${key.split('.').at(-1)}${value}`);
  const runs = resolveRuns(config, selection);
  const methods = config.methods.filter(({ name, label = name }) => runs.some(({ method }) => method.label === label));
  return methods.map((method) => {
    const label = method.label ?? method.name;
    const named = { ...method, label: folderName([label, ...values].join('-')) };
    const { configHash } = runs.find((run) => run.method.label === label)!;
    const trial = resolveRuns(
      { ...config, experiment, methods: [named] },
      selection.seeds && { seeds: selection.seeds },
    );
    return { method: label, settings, configHash, runs: trial };
  });
}

/** The trials of methods that every value of the grid makes another method of. */
function reached(trials: readonly Trial[], axes: readonly Axis[]): Trial[] {
  const isReached = (method: string) => {
    const hashes = trials.filter((trial) => trial.method === method).map(({ configHash }) => configHash);
    return new Set(hashes).size === hashes.length;
  };
  const found = trials.filter(({ method }) => isReached(method));
  if (found.length > 0) return found;
  throw new SmoothOutError('USAGE', `--grid: ${axes.map(({ key }) => key).join(', ')} changes none of the methods`);
}

function folderName(name: string): string {
  const safe = name.replace(/[^A-Za-z0-9._-]/g, '_');
  if (configSchema.shape.experiment.safeParse(safe).success) return safe;
  throw new SmoothOutError('USAGE', `${safe}: too long to name the folder of a trial: give the method a shorter label`);
}

/** Best held-out accuracy of a trial, in percent, by seed; null where a run diverged. */
export interface Measured {
  readonly trial: Trial;
  readonly accuracies: readonly number[] | null;
}

export const meanAccuracy = ({ accuracies }: Measured): number | null =>
  accuracies && accuracies.reduce((sum, accuracy) => sum + accuracy, 0) / accuracies.length;

/**
 * The trial with the highest mean accuracy for each method; of equally good ones the weakest, then the
 * first. A method whose trials all diverged has none.
 */
export function chooseTrials(measured: readonly Measured[]): Measured[] {
  const strength = (trial: Measured) => strengthOf(methodOf(trial)) ?? 0;
  const methods = [...new Set(measured.map(({ trial }) => trial.method))];
  return methods.flatMap((method) => {
    const candidates = measured.filter(({ trial, accuracies }) => trial.method === method && accuracies !== null);
    const ranked = candidates.toSorted((a, b) => meanAccuracy(b)! - meanAccuracy(a)! || strength(a) - strength(b));
    return ranked.slice(0, 1);
  });
}

const methodOf = ({ trial }: Measured) => trial.runs[0]!.method;

/** What `writeTuned` keeps. */
export function tuneResult({ experiment, epochs }: Tuning, measured: readonly Measured[]): TuneResult {
  const strengths = chooseTrials(measured).flatMap((chosen) => {
    const strength = strengthOf(methodOf(chosen));
    return strength === null ? [] : [[chosen.trial.method, strength] as const];
  });
  const { runs } = measured[0]!.trial;
  return {
    experiment,
    validation: runs[0]!.validation,
    epochs,
    seeds: runs.map(({ seed }) => seed),
    strengths: Object.fromEntries(strengths),
    trials: measured.map((each) => {
      const accuracy = meanAccuracy(each);
      return {
        method: each.trial.method,
        settings: { ...each.trial.settings },
        // Without the digits that summing in float64 leaves (97.99000000000001).
        accuracy: accuracy === null ? null : Number(accuracy.toFixed(4)),
      };
    }),
  };
}
