/** The options that several commands share, and how their values are read. */
import { type Command, Option } from 'commander';
import { parseSeeds } from '../config/schema.js';
import { MOST_THREADS } from '../config/values.js';
import type { Split } from '../data/source.js';
import type { EngineChoice } from '../engine/create.js';
import { type Jobs, parseJobs } from '../jobs/split.js';
import { SmoothOutError } from '../support/errors.js';

interface ComputingOptions extends EngineChoice {
  readonly data?: string;
  readonly json?: boolean;
}

/** Which runs are meant. */
export interface PlanOptions {
  readonly method?: string[];
  readonly seed?: number[];
  readonly set: string[];
  readonly synthetic?: boolean;
  readonly init?: string;
}

/** Which runs, what they compute on, and where their results go. */
export interface SweepOptions extends ComputingOptions, PlanOptions {
  readonly out: string;
}

/** Of run and tune. */
export interface TrainingOptions extends SweepOptions {
  readonly force?: boolean;
  readonly failFast?: boolean;
  readonly jobs?: Jobs;
  readonly shuffle?: boolean;
  /** Of run alone, as is `budget`, in seconds. */
  readonly retry?: 'failed';
  readonly budget?: number;
}

/** Of the commands that measure checkpoints. */
export interface AnalysisOptions extends ComputingOptions {
  readonly config?: string;
  readonly images?: number;
  readonly seed: number;
}

/** Of those that measure one loss of a checkpoint, and keep it. */
export interface LossOptions extends AnalysisOptions {
  readonly split: Split;
  readonly batchNorm: 'running' | 'batch';
  readonly batchSize?: number;
  readonly force?: boolean;
}

export function addTrainingOptions(command: Command): Command {
  return addJobsOption(addSweepOptions(command))
    .option('--shuffle', 'carry the runs out in a random order')
    .option('--force', 'start over, whatever is there');
}

export function addSweepOptions(command: Command): Command {
  command
    .option('--method <name...>', 'only these methods of the config, by label or name')
    .option('--seed <list>', 'seeds instead of the config’s: 1,2 or 1-5', seedList)
    .option('--set <key.path=value>', 'change a setting (repeatable)', collect, [])
    .option('--data <folder>', 'where the data is (default: SMOOTHOUT_DATA, then datasets/)')
    .option('--synthetic', 'train on the generated stand-in for the data set')
    .option('--init <file>', 'start from the parameters of a safetensors file');
  return addEngineOptions(command).option('--out <folder>', 'where results go', 'results');
}

export function addAnalysisOptions(command: Command, images: string, usual = 'all'): Command {
  command
    .addOption(wholeNumber('--images <n>', `${images} (default: ${usual})`, 1))
    .addOption(wholeNumber('--seed <n>', 'of what is drawn at random', 0, 0xffffffff).default(1))
    .option('--config <file>', 'the config of checkpoints that have no config.yaml beside them')
    .option('--data <folder>', 'where the data is (default: SMOOTHOUT_DATA, then datasets/)');
  return addEngineOptions(command).option('--json', 'print one JSON object a line');
}

/** Of commands that measure one loss of a checkpoint. */
export function addLossOptions(command: Command): Command {
  return command
    .addOption(choice('--split <name>', 'on which images the loss is measured', 'train', 'test'))
    .addOption(choice('--batch-norm <mode>', 'with running statistics or those of each batch', 'running', 'batch'));
}

/** Of commands that do many things. */
export function addJobsOption(command: Command): Command {
  return command.option('--jobs <n|auto|gpus>', 'how many at once, or which GPUs have one each: 0,1', parseJobs, 1);
}

function addEngineOptions(command: Command): Command {
  return command
    .addOption(choice('--engine <name>', 'what computes', 'onnx', 'tensorflow', 'tfjs'))
    .addOption(choice('--device <name>', 'where it computes', 'auto', 'cpu', 'webgpu', 'cuda').env('SMOOTHOUT_DEVICE'))
    .addOption(
      wholeNumber('--threads <n>', 'threads of the CPU for each job (default: all, shared out)', 1, MOST_THREADS),
    );
}

/** An option with a choice of values, of which the first is the usual. */
export const choice = (flags: string, description: string, ...values: readonly string[]): Option =>
  new Option(flags, description).choices(values).default(values[0]);

/** Which runs the options mean; `--synthetic` and `--init` change a config as `--set` does. */
export function planOf({ method: methods, seed: seeds, set, synthetic, init }: PlanOptions) {
  const generated = synthetic ? ['synthetic=true'] : [];
  const start = init === undefined ? [] : [`init=${JSON.stringify(init)}`];
  return { methods, seeds, set: [...set, ...generated, ...start] };
}

export const collect = (value: string, earlier: string[] = []): string[] => [...earlier, value];

function seedList(text: string): number[] {
  const refusal = (why: string) => new SmoothOutError('USAGE', `--seed ${text}: ${why}`);
  const seeds = parseSeeds(text, refusal);
  if (!seeds) throw refusal('expected seeds from 0 to 4294967295, such as 1,2 or 1-5');
  const repeated = seeds.find((seed, i) => seeds.indexOf(seed) !== i);
  if (repeated !== undefined) throw refusal(`${repeated} is there twice`);
  return seeds;
}

/** An option whose value is a whole number. */
export function wholeNumber(flags: string, description: string, least: number, most = Number.MAX_SAFE_INTEGER): Option {
  const option = new Option(flags, description);
  return option.argParser((text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    const limits = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
    throw new SmoothOutError('USAGE', `${option.long} ${text}: expected a whole number ${limits}`);
  });
}

/** An option whose value is a number above 0. */
export function positiveNumber(flags: string, description: string): Option {
  const option = new Option(flags, description);
  return option.argParser((text) => {
    const value = Number(text);
    if (text.trim() !== '' && value > 0 && Number.isFinite(value)) return value;
    throw new SmoothOutError('USAGE', `${option.long} ${text}: expected a number above 0`);
  });
}

/** `train`, `test` or both, for --split. */
export function splitList(text: string): Split[] {
  const names = text.split(',');
  if (names.every((name): name is Split => name === 'train' || name === 'test')) return [...new Set(names)];
  throw new SmoothOutError('USAGE', `--split ${text}: expected train, test or train,test`);
}

const MOST_POINTS = 10_000;

/** `start:stop:step`, both ends included, or numbers with commas between them. */
export const numberRange =
  (option: string) =>
  (text: string): number[] => {
    const wrong = (why: string) =>
      new SmoothOutError(
        'USAGE',
        `${option} ${text}: ${why}; expected start:stop:step or a list, such as 0:1:0.1 or 0,0.5,1`,
      );
    const parts = text.split(/[:,]/);
    const numbers = parts.map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
    if (!numbers.every(Number.isFinite)) throw wrong('not numbers');
    if (!text.includes(':')) return numbers;
    if (numbers.length !== 3 || text.includes(',')) throw wrong('not a range');
    const [start, stop, step] = numbers as [number, number, number];
    // A tenth of a step is more than rounding makes of it.
    const steps = Math.floor((stop - start) / step + 0.1);
    if (!(step !== 0 && steps >= 0)) throw wrong(`no step of ${step} leads from ${start} to ${stop}`);
    if (steps >= MOST_POINTS) throw wrong(`${steps + 1} points, more than ${MOST_POINTS}`);
    // Without the last digits, which rounding spoils, and without −0.
    return Array.from({ length: steps + 1 }, (_, i) => Number((start + i * step).toFixed(12)) + 0);
  };
