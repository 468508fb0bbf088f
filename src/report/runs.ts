/** A run as the report knows it, and groups of runs that differ by their seed alone. */

import { parse } from 'yaml';
import { type Config, configSchema, type MethodConfig, type OptimizerConfig } from '../config/schema.js';
import type { EpochMetrics } from '../training/metrics.js';
import type { RunRecord } from '../training/record.js';
import type { NamedConvention, SharpnessMeasurement, SharpnessRecord } from './sharpness-record.js';
import { type BySeed, type Estimate, estimate, groupBy } from './statistics.js';

/** Everything the report knows of one run. */
export interface Run {
  /** EXPERIMENT/METHOD/seed-N, below the folder of runs. */
  readonly folder: string;
  readonly record: RunRecord;
  readonly settings: RunSettings;
  /** config.yaml as it is: `smoothout run` of it repeats the run. */
  readonly config: string;
  /** An entry an epoch; empty where metrics.jsonl is missing. */
  readonly metrics: readonly EpochMetrics[];
  readonly sharpness: SharpnessRecord | null;
}

export function isCompleted(run: Run): boolean {
  return run.record.status === 'completed';
}

/** The measurement of a named convention, at the best epoch's parameters. */
export function measurementOf(run: Run, convention: NamedConvention): SharpnessMeasurement | undefined {
  return run.sharpness?.measurements.find((measurement) => measurement.convention === convention);
}

/**
 * Training minus validation accuracy at the best epoch, in percentage points, or null without that epoch's metrics. The
 * training accuracy is the one over the epoch's batches as they were trained on: with dropout, and with SmoothOut's noise.
 */
export function generalisationGap(run: Run): number | null {
  const best = run.metrics.find(({ epoch }) => epoch === run.record.bestEpoch);
  return best === undefined ? null : best.trainAccuracy - best.validationAccuracy;
}

/** The settings of one run, its method's overrides applied. */
export interface RunSettings extends Omit<Config, 'methods' | 'seeds'> {
  readonly method: MethodConfig;
  readonly optimizer: OptimizerConfig;
  /** The learning rate that the run starts with, "learning rate tuning" included: η·√(batch / ghost batch). */
  readonly initialLearningRate: number;
}

/**
 * Reads a run's config.yaml. `label` picks its method where the file lists several.
 *
 * @throws Error with a one-line reason: not YAML, a key that does not belong there, no method of that label.
 */
export function parseRunSettings(text: string, label: string): RunSettings {
  const parsed = configSchema.safeParse(parse(text, { maxAliasCount: 0 }));
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new Error(`${issue.path.join('.') || 'the config'}: ${issue.message}`);
  }
  const { methods, seeds: _, ...config } = parsed.data;
  const method = methods.find((candidate) => (candidate.label ?? candidate.name) === label);
  if (method === undefined) throw new Error(`no method is called "${label}"`);
  const optimizer = { ...config.optimizer, ...definedOnly(method.optimizer) };
  const scale = optimizer.scaleLearningRate
    ? Math.sqrt(config.batchSize / (config.ghostBatchSize ?? config.batchSize))
    : 1;
  return {
    ...config,
    method,
    optimizer,
    dropout: method.dropout ?? config.dropout,
    initialLearningRate: optimizer.learningRate * scale,
  };
}

/** Without the keys that are undefined, which would override with nothing. */
function definedOnly(overrides: MethodConfig['optimizer']): Partial<OptimizerConfig> {
  return Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
}

/** Runs that differ by their seed alone: the same experiment, method, settings and data. */
export interface Group {
  readonly experiment: string;
  /** The method's label, which is its name unless the config gives it another. */
  readonly method: string;
  /** The completed ones, by seed; never empty. */
  readonly runs: readonly Run[];
  /** How many more ended otherwise or are not at their end: a mean over the others is to be read with this in mind. */
  readonly unfinished: readonly Run[];
}

/** Which of a run's two accuracies: at the epoch that was best on the validation set, as in the paper, or at the last. */
export type Epoch = 'best' | 'last';

export interface Grouping {
  readonly groups: readonly Group[];
  /** Runs that are not completed, those of no group included. */
  readonly unfinished: readonly Run[];
}

/** Groups by everything but the seed. Device, engine and commit may differ within a group: they are no settings. */
export function groupRuns(runs: readonly Run[]): Grouping {
  const same = ({ record }: Run): string =>
    JSON.stringify([record.experiment, record.method, record.configHash, record.data.synthetic, record.data.digests]);
  const groups = [...groupBy(runs, same).values()].map((members): Group => {
    const { experiment, method } = members[0]!.record;
    const bySeed = [...members].sort((a, b) => a.record.seed - b.record.seed);
    return {
      experiment,
      method,
      runs: bySeed.filter(isCompleted),
      unfinished: bySeed.filter((run) => !isCompleted(run)),
    };
  });
  return {
    groups: groups.filter((group) => group.runs.length > 0),
    unfinished: runs.filter((run) => !isCompleted(run)),
  };
}

export const nameOf = ({ experiment, method }: Group): string => `${experiment}/${method}`;

/** Accuracy in percent, by seed. */
export function accuracies({ runs }: Group, epoch: Epoch = 'best'): BySeed {
  return new Map(
    runs.map(({ record }) => [record.seed, epoch === 'best' ? record.bestAccuracy! : record.finalAccuracy!]),
  );
}

/** The mean accuracy over seeds, percent. */
export function meanAccuracy(group: Group, epoch: Epoch = 'best'): Estimate {
  return estimate([...accuracies(group, epoch).values()])!;
}

/** The mean over seeds of each checkpoint's sharpness (itself the maximum of its repeats); n says how many were measured. */
export function sharpness({ runs }: Group, convention: NamedConvention): Estimate | null {
  return estimate(runs.flatMap((run) => measurementOf(run, convention)?.value ?? []));
}

/** The seeds as a command takes them: "1-5", "1,3,7-9". */
export function seedList({ runs }: Group): string {
  const seeds = runs.map(({ record }) => record.seed);
  const parts: string[] = [];
  for (let start = 0; start < seeds.length; ) {
    let end = start;
    while (seeds[end + 1] === seeds[end]! + 1) end++;
    parts.push(end > start + 1 ? `${seeds[start]}-${seeds[end]}` : seeds.slice(start, end + 1).join(','));
    start = end + 1;
  }
  return parts.join(',');
}
