/** `smoothout tune`: chooses the strength of the noise, or other settings, on held-out training images. */
import type { Command } from 'commander';
import { TUNABLE_KEYS } from '../config/methods.js';
import type { RunSpec } from '../config/schema.js';
import { checkTunedWritable, chosenValue, describeChoice, tunedPath, writeTuned } from '../config/tuned.js';
import { readEarlierRuns } from '../records/earlier-run.js';
import { at } from '../support/at.js';
import { EXIT, SmoothOutError } from '../support/errors.js';
import {
  type Chosen,
  choiceOf,
  chooseTrials,
  estimateOf,
  MOST_WIDENINGS,
  parseAxis,
  planTuning,
  type TrialResult,
  type Tuning,
  widened,
} from '../training/tune.js';
import { addTrainingOptions, collect, planOf, type TrainingOptions, wholeNumber } from './options.js';
import { log, print, printJson, textTable } from './output.js';
import { type Outcome, runAll } from './run-all.js';

interface TuneOptions extends TrainingOptions {
  readonly grid: string[];
  readonly holdout: number;
  readonly bracket: boolean;
}

const EXAMPLES = `
Examples:
  smoothout tune configs/f1-lb.yaml --grid noise.a=0.005,0.01,0.02
  smoothout tune configs/c1-lb.yaml --grid noise.a=0.002,0.005,0.01 --seed 1-3 --set epochs=20
  smoothout tune configs/c1-lb.yaml --method baseline --grid optimizer.learningRate=0.0005,0.001,0.002

The choice is made on training images that are held out, never on the test set, and written beside the config, where
noise: { a: tuned } takes it from: the weakest noise within one standard error of the best mean. rho: tuned and a method's
optimizer: { learningRate: tuned } take theirs in the same way. The same command again goes on where it was stopped.`;

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
    .option(
      '--no-bracket',
      `leave a grid of strengths as it is; else it grows by a factor of two, ${MOST_WIDENINGS} times a side at most, until the best mean is inside`,
    )
    .addOption(wholeNumber('--holdout <n>', 'training images to choose by', 1).default(5000));
  addTrainingOptions(command)
    .option('--json', 'print one JSON object a line: epochs, runs, then what was chosen')
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, options: TuneOptions) => {
      process.exitCode = await tune(file, options);
    });
}

async function tune(file: string, options: TuneOptions): Promise<number> {
  const { grid, holdout, bracket, json = false } = options;
  const first = grid.map(parseAxis);
  const common = { holdout, ...planOf(options) };
  let tunings = await planTuning(file, { axes: first, ...common });
  for (const { experiment } of tunings) await checkTunedWritable(tunedPath(file, experiment));
  const outcomes: Outcome[] = [];
  for (let axes = first; ; ) {
    const runs = tunings.flatMap(({ trials }) => trials.flatMap((trial) => trial.runs));
    const untried = runs.filter((run) => !outcomes.some(({ spec }) => isSameRun(spec, run)));
    // One trial of other settings leaves no fair choice, whatever the rest come to.
    if (!options.force) await readEarlierRuns(untried, options.out);
    const ended = await runAll(untried, options);
    outcomes.push(...ended.outcomes);
    if (ended.interrupted) return ended.status;
    // That noise is too strong to train with is an answer too. Anything else is none, and a choice among the rest no fair one.
    const failed = ended.outcomes.find((outcome) => 'error' in outcome && !isDivergence(outcome.error));
    if (failed !== undefined) return ended.status;
    const choices = tunings.flatMap((tuning) => chooseTrials(measuredOf(tuning, outcomes)));
    const wider = bracket ? widened(first, axes, choices) : null;
    if (wider === null) break;
    const added = at(wider, 0).values.slice(at(axes, 0).values.length);
    log(`the best mean is at an edge of the grid: trying ${added.join(' and ')} too`);
    axes = wider;
    tunings = await planTuning(file, { axes, ...common });
  }
  for (const tuning of tunings) await conclude(file, tuning, measuredOf(tuning, outcomes), json);
  return EXIT.ok;
}

const isDivergence = (error: unknown) => error instanceof SmoothOutError && error.code === 'DIVERGED';

const isSameRun = (a: RunSpec, b: RunSpec) =>
  a.experiment === b.experiment && a.method.label === b.method.label && a.seed === b.seed;

const measuredOf = ({ trials }: Tuning, outcomes: readonly Outcome[]): TrialResult[] =>
  trials.map((trial) => ({ trial, accuracies: accuraciesOf(trial.runs, outcomes) }));

/** Best accuracy of each run; null where one of them diverged. */
function accuraciesOf(runs: readonly RunSpec[], outcomes: readonly Outcome[]): number[] | null {
  const accuracies = runs.map((run) => {
    const outcome = outcomes.find(({ spec }) => isSameRun(spec, run));
    const record = outcome && 'record' in outcome ? outcome.record : undefined;
    return record?.status === 'completed' ? record.bestAccuracy : null;
  });
  return accuracies.every((accuracy) => accuracy !== null) ? accuracies : null;
}

/** Writes and shows what was chosen for one experiment. */
async function conclude(file: string, tuning: Tuning, measured: readonly TrialResult[], json: boolean): Promise<void> {
  const { experiment } = tuning;
  const chosen = chooseTrials(measured);
  if (!json) print(table(tuning, measured, chosen));
  const hopeless = measured.find(({ trial }) => chosen.every(({ method }) => trial.method !== method));
  if (hopeless !== undefined) {
    throw new SmoothOutError('RUN_FAILED', `${experiment}: every trial of ${hopeless.trial.method} diverged`, {
      hint: 'Try smaller values.',
    });
  }
  const path = tunedPath(file, experiment);
  const choices = chosen.map(choiceOf);
  await writeTuned(path, experiment, choices);
  if (json) return printJson({ event: 'tuned', path, experiment, choices });
  for (const choice of choices) print(`${choice.method}: ${describeChoice(choice)}`);
  const keys = TUNABLE_KEYS.filter((key) => choices.some((choice) => chosenValue(choice, key) !== undefined));
  const takes = keys.length > 0 ? `; a method whose ${keys.join(' or ')} is tuned takes it from there` : '';
  print(`\nWritten to ${path}${takes}.\n`);
}

/** What was tried, and what was chosen. */
function table({ experiment, trials }: Tuning, measured: readonly TrialResult[], choices: readonly Chosen[]): string {
  const keys = Object.keys(at(trials, 0).settings);
  const { runs } = at(trials, 0);
  const { validation, seed } = at(runs, 0);
  const seeds = runs.length;
  const rows = measured.map((each) => [
    each.trial.method,
    ...keys.map((key) => String(each.trial.settings[key])),
    accuracyText(each),
    choices.some(({ chosen }) => chosen === each) ? 'chosen' : '',
    choices.some(({ best, chosen }) => best === each && chosen !== each) ? 'best mean' : '',
  ]);
  const over = seeds === 1 ? `seed ${seed}` : `mean and 95 % interval over ${seeds} seeds`;
  const title = `${experiment}: best accuracy on ${validation.replace('holdout:', '')} held-out training images, ${over}`;
  const numbers = keys.map((_, i) => i + 1);
  return `${title}\n${textTable([['method', ...keys, 'accuracy %', '', ''], ...rows], numbers)}`;
}

function accuracyText(measured: TrialResult): string {
  const found = estimateOf(measured);
  if (found === null) return 'diverged';
  return found.ci95 === null ? found.mean.toFixed(2) : `${found.mean.toFixed(2)} ± ${found.ci95.toFixed(2)}`;
}
