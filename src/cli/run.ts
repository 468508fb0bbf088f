import type { Command } from 'commander';
import { loadConfigs } from '../config/load.js';
import { resolveRuns, runConfigText } from '../config/resolve.js';
import type { RunSpec } from '../config/schema.js';
import { log, print, printJson } from './output.js';
import { runAll } from './run-all.js';
import { summary } from './run-summary.js';
import { addTrainingOptions, overridesOf, selectionOf, type TrainingOptions } from './training-options.js';

interface RunOptions extends TrainingOptions {
  readonly dryRun?: boolean;
}

const EXAMPLES = `
Examples:
  smoothout run configs/quickstart.yaml
  smoothout run configs/c1-lb.yaml --method baseline smoothout --seed 1-5
  smoothout run configs/f1-sb.yaml --set epochs=3 --set optimizer.learningRate=0.002 --data ~/data
  smoothout run configs/f1-lb.yaml --dry-run

The same command again skips what is finished and resumes what is not.`;

export function registerRun(program: Command): void {
  const command = program
    .command('run')
    .description('train what configs describe: every method, every seed')
    .argument('<config.yaml...>', 'configs to run');
  addTrainingOptions(command)
    .option('--fail-fast', 'stop at the first run that fails')
    .option('--dry-run', 'print the resolved settings and train nothing')
    .option('--json', 'print one JSON object a line: epochs as they end, then runs')
    .addHelpText('after', EXAMPLES)
    .action(async (files: string[], options: RunOptions) => {
      const runs = await plan(files, options);
      if (options.dryRun) {
        showPlan(runs, options);
        return;
      }
      const { outcomes, status } = await runAll(runs, options);
      if (!options.json) print(summary(outcomes, options.out));
      process.exitCode = status;
    });
}

/** Every run that the configs and options ask for; all of them are checked before any starts. */
async function plan(files: readonly string[], options: TrainingOptions): Promise<RunSpec[]> {
  const set = overridesOf(options);
  const configs = (await Promise.all(files.map((file) => loadConfigs(file, { set })))).flat();
  return configs.flatMap((config) => resolveRuns(config, selectionOf(options)));
}

function showPlan(runs: readonly RunSpec[], { json }: RunOptions): void {
  if (json) for (const run of runs) printJson({ event: 'plan', ...run });
  else print(runs.map(runConfigText).join('---\n').trimEnd());
  log(`${runs.length} ${runs.length === 1 ? 'run' : 'runs'}; nothing was trained (--dry-run)`);
}
