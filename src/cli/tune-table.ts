/** What `smoothout tune` tried, and what it chose. */
import type { Axis, Measured, Tuning } from '../training/tune.js';
import { textTable } from './output.js';

export function tuneTable(
  { experiment, trials }: Tuning,
  axes: readonly Axis[],
  measured: readonly Measured[],
  chosen: readonly Measured[],
): string {
  const keys = axes.map(({ key }) => key);
  const { validation, seed } = trials[0]!.runs[0]!;
  const seeds = trials[0]!.runs.length;
  const rows = measured.map((each) => [
    each.trial.method,
    ...keys.map((key) => String(each.trial.settings[key])),
    accuracyText(each),
    chosen.includes(each) ? 'chosen' : '',
  ]);
  const over = seeds === 1 ? `seed ${seed}` : `mean and standard deviation over ${seeds} seeds`;
  const title = `${experiment}: best accuracy on ${validation.replace('holdout:', '')} held-out training images, ${over}`;
  return `${title}\n${textTable(
    [['method', ...keys, 'accuracy %', ''], ...rows],
    [...keys.keys()].map((i) => i + 1),
  )}`;
}

function accuracyText({ accuracies }: Measured): string {
  if (accuracies === null) return 'diverged';
  const mean = accuracies.reduce((sum, value) => sum + value, 0) / accuracies.length;
  if (accuracies.length === 1) return mean.toFixed(2);
  const squares = accuracies.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return `${mean.toFixed(2)} ± ${Math.sqrt(squares / (accuracies.length - 1)).toFixed(2)}`;
}
