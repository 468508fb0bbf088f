import type { EpochMetrics } from '../../training/metrics.js';
import type { RunRecord } from '../../training/record.js';
import type { NamedConvention, SharpnessMeasurement, SharpnessRecord } from '../sharpness-record.js';
import type { RunSettings } from './settings.js';

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
