/** The options that run and tune share, and how their values are read. */
import { type Command, Option } from 'commander';
import type { RunSelection } from '../config/resolve.js';
import { parseSeeds } from '../config/schema.js';
import { SmoothOutError } from '../support/errors.js';
import type { RunAllOptions } from './run-all.js';

export interface TrainingOptions extends RunAllOptions {
  readonly method?: string[];
  readonly seed?: number[];
  readonly set: string[];
  readonly synthetic?: boolean;
  readonly init?: string;
}

export function addTrainingOptions(command: Command): Command {
  return command
    .option('--method <name...>', 'only these methods of the config')
    .option('--seed <list>', 'seeds instead of the config’s: 1,2 or 1-5', seedList)
    .option('--set <key.path=value>', 'change a setting (repeatable)', collect, [])
    .option('--data <folder>', 'where the data is (default: SMOOTHOUT_DATA, then datasets/)')
    .option('--synthetic', 'train on the generated stand-in for the data set')
    .option('--init <file>', 'start from the parameters of a safetensors file')
    .addOption(engineOption())
    .addOption(deviceOption())
    .option('--out <folder>', 'where results go', 'results')
    .option('--force', 'start over, whatever is there');
}

export const engineOption = () =>
  new Option('--engine <name>', 'what computes').choices(['onnx', 'tensorflow', 'tfjs']).default('onnx');

export const deviceOption = () =>
  new Option('--device <name>', 'where it computes')
    .choices(['auto', 'cpu', 'webgpu', 'cuda'])
    .env('SMOOTHOUT_DEVICE')
    .default('auto');

/** What the options change of a config, as `--set` would. */
export function overridesOf({ set, synthetic, init }: TrainingOptions): string[] {
  return [
    ...set,
    ...(synthetic ? ['synthetic=true'] : []),
    ...(init === undefined ? [] : [`init=${JSON.stringify(init)}`]),
  ];
}

/** Which of a config's runs the options ask for. */
export function selectionOf({ method, seed }: TrainingOptions): RunSelection {
  return { ...(method && { methods: method }), ...(seed && { seeds: seed }) };
}

export const collect = (value: string, earlier: string[] = []): string[] => [...earlier, value];

function seedList(text: string): number[] {
  const seeds = parseSeeds(text);
  if (seeds) return seeds;
  throw new SmoothOutError('USAGE', `--seed ${text}: expected seeds from 0 to 4294967295, such as 1,2 or 1-5`);
}
