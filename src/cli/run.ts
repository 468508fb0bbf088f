import { type Command, Option } from 'commander';
import { loadConfigs } from '../config/load.js';
import { resolveRuns, runConfigText } from '../config/resolve.js';
import type { RunSpec } from '../config/schema.js';
import { parseSeeds } from '../config/seeds.js';
import { SmoothOutError } from '../support/errors.js';
import { log, print, printJson } from './output.js';
import { type RunAllOptions, runAll } from './run-all.js';
import { summary } from './run-summary.js';

/** What says which runs a command is about. */
export interface PlanOptions {
  readonly method?: string[];
  readonly seed?: number[];
  readonly set: string[];
  readonly synthetic?: boolean;
  readonly init?: string;
}

interface RunCommandOptions extends PlanOptions, RunAllOptions {
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
  program
    .command('run')
    .description('train what configs describe: every method, every seed')
    .argument('<config.yaml...>', 'configs to run')
    .option('--method <name...>', 'only these methods of the config')
    .option('--seed <list>', 'seeds instead of the config’s: 1,2 or 1-5', seedList)
    .option('--set <key.path=value>', 'change a setting (repeatable)', collect, [])
    .option('--data <folder>', 'where the data is (default: SMOOTHOUT_DATA, then datasets/)')
    .option('--synthetic', 'train on the generated stand-in for the data set')
    .option('--init <file>', 'start from the parameters of a safetensors file')
    .addOption(engineOption())
    .addOption(deviceOption())
    .option('--out <folder>', 'where results go', 'results')
    .option('--force', 'start over, whatever is there')
    .option('--fail-fast', 'stop at the first run that fails')
    .option('--dry-run', 'print the resolved settings and train nothing')
    .option('--json', 'print one JSON object a line: epochs as they end, then runs')
    .addHelpText('after', EXAMPLES)
    .action(async (files: string[], options: RunCommandOptions) => {
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

export const collect = (value: string, earlier: string[]): string[] => [...earlier, value];

export const engineOption = () =>
  new Option('--engine <name>', 'what computes').choices(['onnx', 'tensorflow', 'tfjs']).default('onnx');

export const deviceOption = () =>
  new Option('--device <name>', 'where it computes').choices(['auto', 'cpu', 'webgpu', 'cuda']).default('auto');

function seedList(text: string): number[] {
  const seeds = parseSeeds(text);
  if (seeds) return seeds;
  throw new SmoothOutError('USAGE', `--seed ${text}: expected seeds from 0 to 4294967295, such as 1,2 or 1-5`);
}

/** Every run that the configs and options ask for; all of them are checked before any starts. */
export async function plan(files: readonly string[], options: PlanOptions): Promise<RunSpec[]> {
  const set = [...options.set];
  if (options.synthetic) set.push('synthetic=true');
  if (options.init !== undefined) set.push(`init=${JSON.stringify(options.init)}`);
  const configs = (await Promise.all(files.map((file) => loadConfigs(file, { set })))).flat();
  const selection = {
    ...(options.method && { methods: options.method }),
    ...(options.seed && { seeds: options.seed }),
  };
  return configs.flatMap((config) => resolveRuns(config, selection));
}

function showPlan(runs: readonly RunSpec[], { json }: RunCommandOptions): void {
  if (json) for (const run of runs) printJson({ event: 'plan', ...run });
  else print(runs.map(runConfigText).join('---\n').trimEnd());
  log(`${runs.length} ${runs.length === 1 ? 'run' : 'runs'}; nothing was trained (--dry-run)`);
}
