/** `smoothout run`: trains what configs describe. */
import { type Command, Option } from 'commander';
import { runConfigText } from '../config/resolve.js';
import type { RunSpec } from '../config/schema.js';
import { SmoothOutError } from '../support/errors.js';
import { failedRuns } from './earlier-runs.js';
import { addTrainingOptions, type TrainingOptions } from './options.js';
import { GENERATED_NOTE, log, print, printJson, textTable } from './output.js';
import { planRuns } from './plan-runs.js';
import { messageOf, type Outcome, runAll } from './run-all.js';
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
    .option('--dry-run', 'print the resolved settings and train nothing')
    .option('--json', 'print one JSON object a line: epochs as they end, then runs')
    .addHelpText('after', EXAMPLES)
    .action(async (files: string[], options: RunOptions) => {
      const planned = await planRuns(files, options);
      const runs = options.retry === undefined ? planned : await failedRuns(planned, options.out);
      if (options.dryRun) {
        showPlan(runs, options);
        return;
      }
      const { outcomes, status } = await runAll(runs, options);
      if (!options.json) print(summary(outcomes, options.out));
      process.exitCode = status;
    });
}

function showPlan(runs: readonly RunSpec[], { json }: RunOptions): void {
  if (json) for (const run of runs) printJson({ event: 'plan', ...run });
  else print(runs.map(runConfigText).join('---\n').trimEnd());
  log(`${runs.length} ${runs.length === 1 ? 'run' : 'runs'}; nothing was trained (--dry-run)`);
}

const HEADER = ['experiment', 'method', 'seed', 'batch', 'epochs', 'best %', 'last %', 'images/s', 'status'];
const NUMBERS = [2, 3, 4, 5, 6, 7];

/** The table at the end, and what else there is to say. */
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
  const { epochsDone, bestAccuracy, finalAccuracy, imagesPerSecond, status, data } = outcome.record;
  const cells = [bestAccuracy?.toFixed(2), finalAccuracy?.toFixed(2), imagesPerSecond?.toFixed(0)];
  const shown = data.synthetic ? `${status}, generated data` : status;
  return [...head, `${epochsDone}`, ...cells.map((cell) => cell ?? ''), shown];
}
