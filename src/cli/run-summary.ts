/** The table at the end of `smoothout run`. */
import type { RunSpec } from '../config/schema.js';
import { SmoothOutError } from '../support/errors.js';
import { textTable } from './output.js';
import type { Outcome } from './run-all.js';

const HEADER = ['experiment', 'method', 'seed', 'batch', 'epochs', 'best %', 'last %', 'images/s', 'status'];
const NUMBERS = [2, 3, 4, 5, 6, 7];

export function summary(outcomes: readonly Outcome[], output: string): string {
  const table = textTable([HEADER, ...outcomes.map(row)], NUMBERS);
  const notes = outcomes.some((outcome) => 'record' in outcome && outcome.record.data.synthetic)
    ? ['On generated data: nothing here compares with the paper.']
    : [];
  const failed = outcomes
    .filter((outcome) => 'error' in outcome)
    .map(({ spec, error }: { spec: RunSpec; error: unknown }) => {
      return `${spec.experiment} ${spec.method.label} seed ${spec.seed}: ${error instanceof Error ? error.message : error}`;
    });
  return [table, '', ...notes, ...failed, `Runs are in ${output}/runs; next: smoothout report --runs ${output}`].join(
    '\n',
  );
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
