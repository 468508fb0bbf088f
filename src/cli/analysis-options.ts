/** The options that sharpness, sensitivity, interpolate and landscape share, and how their values are read. */
import type { Command } from 'commander';
import type { EngineChoice } from '../engine/create.js';
import type { Split } from '../sharpness/laboratory.js';
import { SmoothOutError } from '../support/errors.js';
import { deviceOption, engineOption } from './training-options.js';

export interface AnalysisOptions extends EngineChoice {
  readonly config?: string;
  readonly data?: string;
  readonly images?: number;
  readonly seed: number;
  readonly json?: boolean;
}

export function addAnalysisOptions(command: Command, { images }: { images: string }): Command {
  return command
    .option('--images <n>', `${images} (default: all)`, wholeNumber('--images', 1))
    .option('--seed <n>', 'of what is drawn at random', wholeNumber('--seed', 0, 0xffffffff), 1)
    .option('--config <file>', 'the config of checkpoints that have no config.yaml beside them')
    .option('--data <folder>', 'where the data is (default: SMOOTHOUT_DATA, then datasets/)')
    .addOption(engineOption())
    .addOption(deviceOption())
    .option('--json', 'print one JSON object a line');
}

export const wholeNumber =
  (option: string, least: number, most = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    const limits = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
    throw new SmoothOutError('USAGE', `${option} ${text}: expected a whole number ${limits}`);
  };

export const positiveNumber =
  (option: string) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() !== '' && value > 0 && Number.isFinite(value)) return value;
    throw new SmoothOutError('USAGE', `${option} ${text}: expected a number above 0`);
  };

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
