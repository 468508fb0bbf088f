import type { Command } from 'commander';
import { tunedPath, writeTuned } from '../config/load.js';
import { EXIT, SmoothOutError } from '../support/errors.js';
import {
  type Axis,
  chooseTrials,
  type Measured,
  meanAccuracy,
  parseAxis,
  planTuning,
  type Tuning,
  tuneResult,
} from '../training/tune.js';
import { addTrainingOptions, collect, overridesOf, selectionOf, type TrainingOptions, wholeNumber } from './options.js';
import { print, printJson, textTable } from './output.js';
import { type Outcome, runAll } from './run.js';

interface TuneOptions extends TrainingOptions {
  readonly grid: string[];
  readonly holdout: number;
}

const EXAMPLES = `
Examples:
  smoothout tune configs/f1-lb.yaml --grid noise.a=0.005,0.01,0.02
  smoothout tune configs/c1-lb.yaml --grid noise.a=0.002,0.005,0.01 --seed 1-3 --set epochs=20
  smoothout tune configs/c1-lb.yaml --method baseline --grid optimizer.learningRate=0.0005,0.001,0.002

The choice is made on training images that are held out, never on the test set, and written beside the config, where
noise: { a: tuned } takes it from. The same command again goes on where it was stopped.`;

export function registerTune(program: Command): void {
  const command = program
    .command('tune')
    .description('choose the strength of the noise, or other settings, on held-out training images')
    .argument('<config.yaml>', 'config to tune')
    .requiredOption(
      '--grid <key=values>',
      'values to try of a setting (repeatable: every combination is tried)',
      collect,
    )
    .option('--holdout <n>', 'training images to choose by', wholeNumber('--holdout', 1), 5000);
  addTrainingOptions(command)
    .option('--json', 'print one JSON object a line: epochs, runs, then what was chosen')
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, options: TuneOptions) => {
      process.exitCode = await tune(file, options);
    });
}

async function tune(file: string, options: TuneOptions): Promise<number> {
  const { grid, holdout, json } = options;
  const plan = { axes: grid.map(parseAxis), holdout, set: overridesOf(options), ...selectionOf(options) };
  const tunings = await planTuning(file, plan);
  const runs = tunings.flatMap(({ trials }) => trials.flatMap((trial) => trial.runs));
  const { outcomes, interrupted, status } = await runAll(runs, options);
  if (interrupted) return status;
  // That noise is too strong to train with is an answer too. Anything else is none, and a choice among the rest no fair one.
  const failed = outcomes.find((outcome) => 'error' in outcome && !isDivergence(outcome.error));
  if (failed !== undefined) return status;
  for (const tuning of tunings) await conclude(file, tuning, plan.axes, outcomes, json ?? false);
  return EXIT.ok;
}

const isDivergence = (error: unknown) => error instanceof SmoothOutError && error.code === 'DIVERGED';

/** Writes and shows what was chosen for one experiment. */
async function conclude(
  file: string,
  tuning: Tuning,
  axes: readonly Axis[],
  outcomes: readonly Outcome[],
  json: boolean,
): Promise<void> {
  const measured = tuning.trials.map((trial) => ({ trial, accuracies: accuraciesOf(trial.runs, outcomes) }));
  const chosen = chooseTrials(measured);
  const path = tunedPath(file, tuning.experiment);
  const result = tuneResult(tuning, measured);
  if (!json) print(table(tuning, axes, measured, chosen));
  const hopeless = tuning.trials.find(({ method }) => chosen.every(({ trial }) => trial.method !== method));
  if (hopeless !== undefined) {
    throw new SmoothOutError('RUN_FAILED', `${tuning.experiment}: every trial of ${hopeless.method} diverged`, {
      hint: 'Try smaller values.',
    });
  }
  await writeTuned(path, result);
  if (json) printJson({ event: 'tuned', path, ...result });
  else print(`\nWritten to ${path}; noise: { a: tuned } takes the strength from there.\n`);
}

/** Best accuracy of each run; null where one of them diverged. */
function accuraciesOf(runs: Tuning['trials'][number]['runs'], outcomes: readonly Outcome[]): number[] | null {
  const accuracies = runs.map((run) => {
    const outcome = outcomes.find(({ spec }) => spec === run);
    const record = outcome && 'record' in outcome ? outcome.record : undefined;
    return record?.status === 'completed' ? record.bestAccuracy : null;
  });
  return accuracies.every((accuracy) => accuracy !== null) ? accuracies : null;
}

/** What was tried, and what was chosen. */
function table(
  { experiment, trials }: Tuning,
  axes: readonly Axis[],
  measured: readonly Measured[],
  chosen: readonly Measured[],
): string {
  const keys = axes.map(({ key }) => key);
  const { validation, seed } = trials[0]!.runs[0]!;
  const seeds = trials[0]!.runs.length;
  const rows = measured.map((each) => [
    each.trial.method,
    ...keys.map((key) => String(each.trial.settings[key])),
    accuracyText(each),
    chosen.includes(each) ? 'chosen' : '',
  ]);
  const over = seeds === 1 ? `seed ${seed}` : `mean and standard deviation over ${seeds} seeds`;
  const title = `${experiment}: best accuracy on ${validation.replace('holdout:', '')} held-out training images, ${over}`;
  const numbers = keys.map((_, i) => i + 1);
  return `${title}\n${textTable([['method', ...keys, 'accuracy %', ''], ...rows], numbers)}`;
}

function accuracyText(measured: Measured): string {
  const { accuracies } = measured;
  const mean = meanAccuracy(measured);
  if (accuracies === null || mean === null) return 'diverged';
  if (accuracies.length === 1) return mean.toFixed(2);
  const squares = accuracies.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return `${mean.toFixed(2)} ± ${Math.sqrt(squares / (accuracies.length - 1)).toFixed(2)}`;
}
