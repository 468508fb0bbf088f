/** Curvature by groups of runs: loss, largest eigenvalue and trace at the best epoch, as means over the seeds. */
import type { CurvatureMeasurement } from '../records/curvature-record.js';
import { at } from '../support/at.js';
import { type Estimate, estimate, groupBy } from '../support/statistics.js';
import type { Group } from './groups.js';

export interface CurvatureRow {
  readonly group: Group;
  /** What was measured: "hessian-train-10000-images". */
  readonly kind: string;
  /** That of the lowest seed; the others are of the same matrix, split, batch-norm mode and number of images. */
  readonly first: CurvatureMeasurement;
  readonly loss: Estimate;
  readonly largestEigenvalue: Estimate;
  readonly trace: Estimate;
}

/** A row for each group and each kind of measurement that there is of it; of two of one kind and run the newest counts. */
export function curvatureRows(groups: readonly Group[]): CurvatureRow[] {
  return groups.flatMap((group) => {
    const all = group.runs.flatMap(({ record: { seed }, curvature }) =>
      (curvature?.measurements ?? []).map((measurement) => ({ seed, measurement })),
    );
    const kinds = groupBy(all, ({ measurement }) => kindOf(measurement));
    return [...kinds].map(([kind, ofKind]): CurvatureRow => {
      const bySeed = new Map(ofKind.map(({ seed, measurement }) => [seed, measurement]));
      const measurements = [...bySeed.values()];
      const mean = (of: (measurement: CurvatureMeasurement) => number) => estimate(measurements.map(of))!;
      return {
        ...{ group, kind, first: at(measurements, 0) },
        ...{ loss: mean(({ loss }) => loss), trace: mean(({ trace }) => trace) },
        largestEigenvalue: mean(({ eigenvalues }) => at(eigenvalues, 0)),
      };
    });
  });
}

function kindOf({ matrix, split, batchNorm, images }: CurvatureMeasurement): string {
  return [matrix, split, ...(batchNorm === 'batch' ? ['batch-statistics'] : []), `${images}-images`].join('-');
}
