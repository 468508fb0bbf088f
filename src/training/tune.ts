/** Choosing settings on held-out training images: what is tried, under which names, and what is chosen. */
import { type Override, parseOverride } from '../config/layers.js';
import { loadConfigs } from '../config/load.js';
import { labelOf, STRENGTH_KEYS, strengthOf } from '../config/methods.js';
import { type RunSelection, resolveAllRuns, resolveRuns } from '../config/resolve.js';
import { type Config, configSchema, type RunSpec } from '../config/schema.js';
import { type Scalar, scalar } from '../config/tree.js';
import { type Choice, edgeOf, trialsOf } from '../config/tuned.js';
import { at, last } from '../support/at.js';
import { SmoothOutError } from '../support/errors.js';
import { type Estimate, estimate, groupBy, meanOf, standardError } from '../support/statistics.js';

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
export type Tuning = Awaited<ReturnType<typeof planTuning>>[number];

/** @throws SmoothOutError USAGE unless the text is such as noise.a=0.005,0.01,0.02 */
export function parseAxis(text: string): Axis {
  const [, key = '', list = ''] = /^([^=\s]+)=(.+)$/s.exec(text) ?? [];
  const values = list.split(',').map((value) => {
    const tree = key === '' || value.trim() === '' ? undefined : parseOverride(`${key}=${value}`).value;
    if (tree?.kind === 'scalar') return tree.value;
    throw new SmoothOutError('USAGE', `--grid ${text}: expected a key and the values to try`, {
      hint: 'For example --grid noise.a=0.005,0.01,0.02',
    });
  });
  const repeated = values.find((value, i) => values.indexOf(value) !== i);
  if (repeated !== undefined) throw new SmoothOutError('USAGE', `--grid ${text}: ${repeated} is there twice`);
  return { key, values };
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
export async function planTuning(file: string, { axes, holdout, set, ...selection }: TuneOptions) {
  const points = product(axes);
  const heldOut = override('validation', `holdout:${holdout}`, `--holdout ${holdout}`);
  const configsAt = (settings: Settings, methods: readonly string[]) => {
    const chosen = Object.entries(settings).map(([key, value]) => override(key, value, `--grid ${key}=${value}`));
    return loadConfigs(file, { set, overrides: [...chosen, heldOut], methods });
  };
  if (points.length < 2) throw new SmoothOutError('USAGE', '--grid: a single value leaves nothing to choose');
  const variants: { readonly config: Config; readonly settings: Settings }[] = [];
  let named: string | undefined;
  for (const settings of points) {
    const configs = await configsAt(settings, selection.methods ?? []);
    named ??= namesIn(configs);
    if (namesIn(configs) !== named) throw namesOthers(axes);
    resolveAllRuns(
      configs.map((config) => [config, file]),
      selection,
    );
    variants.push(...configs.map((config) => ({ config, settings })));
  }
  const planned = [...groupBy(variants, ({ config }) => config.experiment)].map(([experiment, own]) => {
    const trials = own.flatMap(({ config, settings }) => trialsAt(config, settings, selection));
    return { experiment, epochs: last(own).config.epochs, trials: reached(trials, axes) };
  });
  // What the grid reaches is now known; it needs every other setting that is to be tuned.
  const tuned = new Set(planned.flatMap(({ trials }) => trials.map(({ method }) => method)));
  await configsAt(at(points, 0), [...tuned]);
  return planned;
}

const override = (key: string, value: Scalar, origin: string): Override => ({
  path: key.split('.'),
  value: scalar(value, origin),
  origin,
});

/** What is tuned. A grid that changes it would compare nothing: each of its values is of an experiment or method of its own. */
const namesIn = (configs: readonly Config[]) =>
  JSON.stringify(configs.map(({ experiment, methods }) => [experiment, ...methods.map((m) => [m.name, labelOf(m)])]));

const namesOthers = (axes: readonly Axis[]) =>
  new SmoothOutError('USAGE', `--grid: ${axes.map(({ key }) => key).join(', ')} names other experiments or methods`, {
    hint: 'A grid is of settings of a method, such as noise.a; the methods of a config are compared by smoothout run.',
  });

function trialsAt(config: Config, settings: Settings, selection: RunSelection): Trial[] {
  const experiment = folderName(trialsOf(config.experiment));
  const values = Object.entries(settings).map(([key, value]) => `${key.split('.').at(-1)}${value}`);
  const runs = resolveRuns(config, selection);
  return config.methods.flatMap((method): Trial[] => {
    const label = labelOf(method);
    const run = runs.find((one) => one.method.label === label);
    if (run === undefined) return [];
    const named = { ...method, label: folderName([label, ...values].join('-')) };
    const trial = resolveRuns({ ...config, experiment, methods: [named] }, { seeds: selection.seeds });
    return [{ method: label, settings, configHash: run.configHash, runs: trial }];
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
  const keys = axes.map(({ key }) => key);
  throw new SmoothOutError('USAGE', `--grid: ${keys.join(', ')} changes none of the methods`, {
    hint: `A method keeps what it says itself, which --grid methods.LABEL.${keys[0]}=… reaches.`,
  });
}

function folderName(name: string): string {
  const safe = name.replace(/[^A-Za-z0-9._-]/g, '_');
  if (configSchema.shape.experiment.safeParse(safe).success) return safe;
  throw new SmoothOutError('USAGE', `${safe}: too long to name the folder of a trial: give the method a shorter label`);
}

/** Best held-out accuracy of a trial, in percent, by seed; null where a run diverged. */
export interface TrialResult {
  readonly trial: Trial;
  readonly accuracies: readonly number[] | null;
}

/** Mean and 95 % interval over the seeds; null where a run diverged. */
export const estimateOf = ({ accuracies }: TrialResult): Estimate | null => accuracies && estimate(accuracies);

const strengthAt = ({ trial }: TrialResult) => strengthOf(at(trial.runs, 0).method) ?? 0;

/** What was tried for one method, the trial of the best mean and the one that is chosen. */
export type Chosen = ReturnType<typeof chooseTrials>[number];

/**
 * For each method the trial of the highest mean accuracy, of equally good ones the weakest; and in its place the weakest
 * whose accuracy is within one standard error of it, the differences taken seed by seed (the rule of one standard error,
 * Breiman et al. 1984, section 3.4.3). A method whose trials all diverged has none.
 */
export function chooseTrials(measured: readonly TrialResult[]) {
  return [...groupBy(measured, ({ trial }) => trial.method)].flatMap(([method, own]) => {
    const ranked = own
      .flatMap((each) => (each.accuracies === null ? [] : [{ ...each, of: each, accuracies: each.accuracies }]))
      .toSorted((a, b) => meanOf(b.accuracies) - meanOf(a.accuracies) || strengthAt(a) - strengthAt(b));
    const [best] = ranked;
    if (best === undefined) return [];
    const alike = ranked.filter((each) => each === best || isWithinOneError(each.accuracies, best.accuracies));
    const chosen = alike.reduce((weakest, each) => (strengthAt(each) < strengthAt(weakest) ? each : weakest));
    return [{ method, measured: own, best: best.of, chosen: chosen.of }];
  });
}

function isWithinOneError(accuracies: readonly number[], best: readonly number[]): boolean {
  const differences = best.map((accuracy, i) => accuracy - at(accuracies, i));
  return differences.length > 1 && meanOf(differences) <= standardError(differences);
}

/** How often a grid may grow on a side. */
export const MOST_WIDENINGS = 6;

/**
 * The grid of strengths one factor of two wider on the side where some method's best mean is at its edge; null where none
 * is, where that side has grown often enough, or where the grid is of something else than one method's strength.
 */
export function widened(first: readonly Axis[], axes: readonly Axis[], choices: readonly Chosen[]): Axis[] | null {
  const [axis, more] = axes;
  const values = axis?.values.filter((value): value is number => typeof value === 'number' && value > 0) ?? [];
  const isStrength = STRENGTH_KEYS.some((key) => axis?.key === key || axis?.key.endsWith(`.${key}`));
  if (axis === undefined || more !== undefined || !isStrength || values.length !== axis.values.length) return null;
  const edges = new Set(choices.map(({ best }) => edgeOf(strengthAt(best), values)));
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const grown = (edge: number, to: number) => Math.round(Math.abs(Math.log2(edge / to)));
  const began = at(first, 0).values as readonly number[];
  const added = [
    ...(edges.has('lower') && grown(Math.min(...began), least) < MOST_WIDENINGS ? [least / 2] : []),
    ...(edges.has('upper') && grown(Math.max(...began), most) < MOST_WIDENINGS ? [2 * most] : []),
  ];
  return added.length === 0 ? null : [{ ...axis, values: [...values, ...added] }];
}

/** Without the digits that summing in float64 leaves (97.99000000000001). */
const rounded = (value: number) => Number(value.toFixed(4));

/** What `writeTuned` keeps of a choice. */
export function choiceOf({ method, measured, best, chosen }: Chosen): Choice {
  const { runs } = chosen.trial;
  const { validation, epochs, synthetic } = at(runs, 0);
  const tried = measured.map(strengthAt);
  const isStrength = new Set(tried).size > 1;
  return {
    method,
    synthetic,
    ...(isStrength && { strength: strengthAt(chosen) }),
    chosen: { ...chosen.trial.settings },
    best: { ...best.trial.settings },
    edge: isStrength ? edgeOf(strengthAt(best), tried) : 'none',
    validation,
    epochs,
    seeds: runs.map(({ seed }) => seed),
    trials: measured.map((each) => {
      const found = estimateOf(each);
      const { accuracies, trial } = each;
      return {
        settings: { ...trial.settings },
        accuracies: accuracies?.map(rounded) ?? null,
        mean: found && rounded(found.mean),
        ci95: found?.ci95 == null ? null : rounded(found.ci95),
      };
    }),
  };
}
