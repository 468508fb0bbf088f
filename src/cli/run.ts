/** `smoothout run`: trains what configs describe. */
import { type Command, Option } from 'commander';
import { planRuns, runConfigText } from '../config/resolve.js';
import type { RunSpec } from '../config/schema.js';
import { parseDuration } from '../jobs/budget.js';
import { recordsOf } from '../records/earlier-run.js';
import { messageOf, SmoothOutError } from '../support/errors.js';
import { counted } from '../support/words.js';
import { addTrainingOptions, planOf, type TrainingOptions } from './options.js';
import { GENERATED_NOTE, log, print, printJson, textTable } from './output.js';
import { type Outcome, runAll } from './run-all.js';
import { runName } from './runs-progress.js';

interface RunOptions extends TrainingOptions {
  readonly dryRun?: boolean;
}

const EXAMPLES = `
Examples:
  smoothout run configs/quickstart.yaml
  smoothout run configs/c1-lb.yaml --method baseline smoothout --seed 1-5
  smoothout run configs/f1-sb.yaml --set epochs=3 --set optimizer.learningRate=0.002 --data ~/data
  smoothout run configs/f1-lb.yaml --dry-run
  smoothout run configs/f1-*.yaml --seed 1-5 --jobs 2 --budget 8h
  smoothout run configs/*.yaml --seed 1-5 --jobs auto
  smoothout run configs/*.yaml --seed 1-5 --retry failed

The same command again skips what is finished and resumes what is not.`;

export function registerRun(program: Command): void {
  const command = program
    .command('run')
    .description('train what configs describe: every method, every seed')
    .argument('<config.yaml...>', 'configs to run');
  addTrainingOptions(command)
    .option('--fail-fast', 'stop at the first run that fails')
    .addOption(new Option('--retry <which>', 'only the runs that failed or diverged').choices(['failed']))
    .option('--dry-run', 'print the resolved settings and what they will cost, and train nothing')
    .option(
      '--budget <time>',
      'only the runs that fit this time, such as 3h; methods with the fewest finished seeds go first',
      parseDuration,
    )
    .option('--json', 'print one JSON object a line: epochs as they end, then runs')
    .addHelpText('after', EXAMPLES)
    .action(async (files: string[], options: RunOptions) => {
      const planned = await planRuns(files, planOf(options));
      const runs = options.retry === undefined ? planned : await failedRuns(planned, options.out);
      if (options.dryRun) {
        await showPlan(runs, options);
        return;
      }
      const { outcomes, status } = await runAll(await affordable(runs, options), options);
      if (!options.json) print(summary(outcomes, options.out));
      process.exitCode = status;
    });
}

/** The runs that failed or diverged; says of each why. */
async function failedRuns(runs: readonly RunSpec[], out: string): Promise<RunSpec[]> {
  const records = await recordsOf(runs, out);
  const failed = runs.filter((spec, i) => {
    const { status, error } = records[i] ?? {};
    if (status !== 'failed' && status !== 'diverged') return false;
    log(`${runName(spec)}: ${status} before: ${error?.message ?? 'for an unknown reason'}`);
    return true;
  });
  log(`${failed.length} of ${runs.length} runs failed or diverged`);
  return failed;
}

/** The plan on stdout, as a config that is this plan; what it will cost on stderr. */
async function showPlan(runs: readonly RunSpec[], options: RunOptions): Promise<void> {
  const { json, budget } = options;
  const isKnown = !json && budget === undefined;
  // Measuring may take long.
  if (isKnown) printConfigs(runs);
  const { costsOf } = await import('./costs.js');
  const costs = await costsOf(runs, options).catch((error: unknown) => {
    if (!(error instanceof SmoothOutError) || error.code === 'INTERRUPTED' || budget !== undefined) throw error;
    log(`no estimate: ${error.message}`);
    return undefined;
  });
  const shown = costs?.runs ?? runs.map((spec) => ({ spec }));
  if (json) for (const { spec, ...cost } of shown) printJson({ event: 'plan', ...spec, cost });
  else if (!isKnown) printConfigs(shown.map(({ spec }) => spec));
  if (costs) log(costs.text);
  log(`${counted(shown.length, 'run')}; nothing was trained (--dry-run)`);
}

function printConfigs(runs: readonly RunSpec[]): void {
  if (runs.length > 0) print(runs.map(runConfigText).join('---\n').trimEnd());
}

/** What fits the budget, or everything where there is none. */
async function affordable(runs: readonly RunSpec[], options: RunOptions): Promise<readonly RunSpec[]> {
  if (options.budget === undefined) return runs;
  const { costsOf } = await import('./costs.js');
  const costs = await costsOf(runs, options);
  log(costs.text);
  log(`${costs.runs.length} of ${runs.length} runs are left to do and fit (--budget)`);
  return costs.runs.map(({ spec }) => spec);
}

const HEADER = ['experiment', 'method', 'seed', 'batch', 'epochs', 'best %', 'last %', 'images/s', 'status'];
const NUMBERS = [2, 3, 4, 5, 6, 7];

/** The table of all runs, then their errors and where they are. */
function summary(outcomes: readonly Outcome[], output: string): string {
  const generated = outcomes.some((outcome) => 'record' in outcome && outcome.record.data.synthetic);
  return [
    textTable([HEADER, ...outcomes.map(row)], NUMBERS),
    '',
    ...(generated ? [GENERATED_NOTE] : []),
    ...outcomes.flatMap((each) => ('error' in each ? [`${runName(each.spec)}: ${messageOf(each.error)}`] : [])),
    `Runs are in ${output}/runs; next: smoothout report --runs ${output}`,
  ].join('\n');
}

function row(outcome: Outcome): string[] {
  const { experiment, method, seed, batchSize, epochs } = outcome.spec;
  const head = [experiment, method.label, `${seed}`, `${batchSize}`];
  if ('error' in outcome) {
    const status = outcome.error instanceof SmoothOutError ? outcome.error.code.toLowerCase() : 'failed';
    return [...head, `${epochs}`, '', '', '', status];
  }
  const { record } = outcome;
  const { epochsDone, imagesPerSecond, status, data, averageBestAccuracy } = record;
  // An average of the parameters is what sets a run with one apart from others.
  const accuracies = [averageBestAccuracy ?? record.bestAccuracy, record.averageFinalAccuracy ?? record.finalAccuracy];
  const cells = [...accuracies.map((accuracy) => accuracy?.toFixed(2)), imagesPerSecond?.toFixed(0)];
  const shown = [status, data.synthetic && 'generated data', averageBestAccuracy !== undefined && 'of the average'];
  return [...head, `${epochsDone}`, ...cells.map((cell) => cell ?? ''), shown.filter(Boolean).join(', ')];
}
