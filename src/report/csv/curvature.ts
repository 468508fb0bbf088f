/** curvature.csv: second derivatives of the loss at the best epochs. */
import type { CurvatureRow } from '../curvatures.js';
import { type CsvRow, named, seeds } from './cells.js';

/** Six significant digits: eigenvalues and traces span many decades. */
const digits = (value: number | null | undefined): string => (value == null ? '' : `${Number(value.toPrecision(6))}`);

export function curvatureRowCsv({ group, first, loss, largestEigenvalue, trace }: CurvatureRow): CsvRow {
  const { matrix, split, batchNorm, images } = first;
  return {
    experiment: group.experiment,
    ...named(group.settings),
    batch_size: group.settings.batchSize,
    method: group.method,
    seeds: seeds(group),
    measured: loss.n,
    ...{ matrix, split, batch_norm: batchNorm, images },
    ...{ loss: digits(loss.mean), loss_ci95: digits(loss.ci95) },
    ...{ largest_eigenvalue: digits(largestEigenvalue.mean), largest_eigenvalue_ci95: digits(largestEigenvalue.ci95) },
    ...{ trace: digits(trace.mean), trace_ci95: digits(trace.ci95) },
    generated_data: group.synthetic ? 'yes' : 'no',
  };
}
