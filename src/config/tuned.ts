/**
 * `tuned/<experiment>.yaml`, beside the config: what `smoothout tune` chose for each method, and from what. A method with
 * `noise: { a: tuned }` takes its strength from there.
 */
import { access, constants } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { z } from 'zod';
import { SmoothOutError } from '../support/errors.js';
import { asWriteError, makeFolder, readTextIfExists, writeFileAtomic } from '../support/files.js';
import { parseAs } from '../support/refusal.js';
import { counted } from '../support/words.js';
import { parseTree, plain } from './tree.js';

const settings = z.record(z.string(), z.union([z.number(), z.string(), z.boolean(), z.null()]));

const choice = z.strictObject({
  /** The method's label. */
  method: z.string(),
  /** Whether the trials ran on generated data. A method may have one choice on those and one on real data. */
  synthetic: z.boolean(),
  /** The chosen trial's a or ρ, if the grid had one. */
  strength: z.number().min(0).optional(),
  /** The settings of the trial with the best mean, unless the seeds cannot tell a weaker one from it: then of that. */
  chosen: settings,
  /** The settings of the trial with the best mean. */
  best: settings,
  /** Where the strength of the best mean stands in its grid. */
  edge: z.enum(['none', 'lower', 'upper']),
  /** `holdout:N`: what the accuracies were measured on. The test set never takes part. */
  validation: z.string().regex(/^holdout:\d+$/),
  epochs: z.int().min(1),
  seeds: z.array(z.int().min(0)).min(1),
  /**
   * Everything tried: the best held-out accuracy in percent, by seed, with mean and 95 % interval. These are null where a run
   * diverged. Of the oldest choice only the means are known.
   */
  trials: z.array(
    z.strictObject({
      settings,
      accuracies: z.array(z.number()).nullable(),
      mean: z.number().nullable(),
      ci95: z.number().nullable(),
    }),
  ),
});

export type Choice = z.output<typeof choice>;

const tuned = z.strictObject({ experiment: z.string(), choices: z.array(choice) });

export type Tuned = z.output<typeof tuned>;

const TRIALS = '-tune';

/** The experiment that the trials of another belong to. */
export const trialsOf = (experiment: string): string => `${experiment}${TRIALS}`;

/** The experiment that a trial's is named after. */
export const tunedBy = (experiment: string): string => experiment.slice(0, -TRIALS.length);

/** Whether a run is a trial of `smoothout tune`. */
export const isTuningTrial = ({ experiment, validation }: { experiment: string; validation: string }): boolean =>
  experiment.endsWith(TRIALS) && validation !== 'test';

export function tunedPath(configPath: string, experiment: string): string {
  return join(dirname(configPath), 'tuned', `${experiment}.yaml`);
}

/** Fails where `writeTuned` would fail, but before hours are spent. @throws SmoothOutError NO_SPACE, OUTPUT_UNWRITABLE */
export async function checkTunedWritable(path: string): Promise<void> {
  await makeFolder(dirname(path));
  await access(dirname(path), constants.W_OK).catch((error: unknown) => {
    throw asWriteError(error, path);
  });
  await readTuned(path);
}

/** Choices that answer the same question: which values some keys of a method should have on one kind of data. */
const questionOf = ({ method, synthetic, chosen }: Choice) =>
  JSON.stringify([method, synthetic, Object.keys(chosen).sort()]);

/**
 * Puts choices in place of those of the same keys for the same method on the same kind of data, and keeps all others. The
 * newest come last.
 *
 * @throws SmoothOutError NO_SPACE, OUTPUT_UNWRITABLE, CONFIG_INVALID for a file that is there and damaged
 */
export async function writeTuned(path: string, experiment: string, choices: readonly Choice[]): Promise<void> {
  const answered = new Set(choices.map(questionOf));
  const kept = ((await readTuned(path))?.choices ?? []).filter((old) => !answered.has(questionOf(old)));
  const comment = '# Chosen by `smoothout tune` on held-out training images, never on the test set.\n';
  await makeFolder(dirname(path));
  const result: Tuned = { experiment, choices: [...kept, ...choices] };
  await writeFileAtomic(path, comment + stringify(result, { aliasDuplicateObjects: false, lineWidth: 0 }));
}

/** Null where nothing has been tuned. @throws SmoothOutError CONFIG_INVALID */
export async function readTuned(path: string): Promise<Tuned | null> {
  const text = await readTextIfExists(path);
  if (text === null) return null;
  const value = plain(parseTree(text, (line) => `${path}:${line}`));
  const hint = 'Delete the file and run smoothout tune again.';
  return parseAs(tuned, value, (why) => new SmoothOutError('CONFIG_INVALID', `${path}: ${why}`, { hint }));
}

/** The value that was chosen for a key of a method. The grid may have named it in full, as `methods.LABEL.KEY`. */
export const chosenValue = ({ chosen }: Choice, key: string): Choice['chosen'][string] | undefined =>
  Object.entries(chosen).find(([name]) => name === key || name.endsWith(`.${key}`))?.[1];

/** The newest choice that has a key of the method with this label. */
export function choiceFor(
  choices: readonly Choice[],
  { label, key, synthetic }: { label: string; key: string; synthetic: boolean },
): Choice | undefined {
  const having = choices.filter((choice) => choice.method === label && chosenValue(choice, key) !== undefined);
  const onReal = having.findLast((choice) => !choice.synthetic);
  // Generated data stands in for the real data, so what was chosen there is a start; never the other way round.
  return synthetic ? (having.findLast((choice) => choice.synthetic) ?? onReal) : onReal;
}

/** Where a strength stands among those that were tried. */
export function edgeOf(strength: number, tried: readonly number[]): Choice['edge'] {
  if (strength <= Math.min(...tried)) return 'lower';
  return strength >= Math.max(...tried) ? 'upper' : 'none';
}

/** Says in a line how settings were chosen. */
export function describeChoice({ chosen, best, edge, validation, epochs, seeds, trials }: Choice): string {
  const keys = Object.keys(best);
  const valuesOf = (key: string) => [...new Set(trials.map(({ settings }) => settings[key]))];
  const [key = ''] = keys;
  const numbers = valuesOf(key).filter((value) => typeof value === 'number');
  // The range of one grid of numbers says enough of them; its chosen value stands in the config.
  const isRange = keys.length === 1 && numbers.length === valuesOf(key).length;
  const from = isRange
    ? `${key} from ${numbers.length} values, ${Math.min(...numbers)} to ${Math.max(...numbers)}`
    : keys.map((key) => `${key} ${chosen[key]} of ${valuesOf(key).join(', ')}`).join(' and ');
  const how = `${validation.slice('holdout:'.length)} held-out images, ${counted(epochs, 'epoch')}, ${counted(seeds.length, 'seed')}`;
  const bestAt = isRange ? best[key] : keys.map((key) => `${key} ${best[key]}`).join(' and ');
  const bestIs = keys.every((key) => chosen[key] === best[key])
    ? ''
    : `; the best mean is at ${bestAt}, from which the seeds cannot tell it`;
  const warning = edge === 'none' ? '' : `; the best mean is at the ${edge} edge of the grid`;
  return `${from} (${how})${bestIs}${warning}`;
}
