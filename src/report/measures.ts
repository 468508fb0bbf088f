/** Every number that was measured of a run's best checkpoint and may say something of how it generalises, by its name. */
import type { CurvatureMeasurement } from '../records/curvature-record.js';
import { measureTitle } from '../records/perturbation-measures.js';
import { CONVENTION_NAMES, type NamedConvention } from '../records/sharpness-conventions.js';
import { at } from '../support/at.js';
import { measurementOf, type Run } from './runs.js';

/** What the conventions are called: at the head of a column, in a sentence, and as a measure among others. */
export const CONVENTION_TITLES: Readonly<Record<NamedConvention, Record<'column' | 'sentence' | 'measure', string>>> = {
  defined: { column: 'As defined', sentence: 'as defined', measure: 'Keskar et al.’s metric, as defined' },
  keskar: {
    column: "Keskar's",
    sentence: "Keskar et al.'s convention",
    measure: 'Keskar et al.’s metric, their convention',
  },
  reference: {
    column: "Authors' code",
    sentence: "the authors' code",
    measure: 'Keskar et al.’s metric, the authors’ code',
  },
};

/** A new kind of measurement is a line here. Of measurements that have one name the newest counts. */
export function measuresOf(run: Run): ReadonlyMap<string, number> {
  return new Map([
    ...CONVENTION_NAMES.flatMap((name) => {
      const measured = measurementOf(run, name);
      return measured === undefined ? [] : [[CONVENTION_TITLES[name].measure, measured.value] as const];
    }),
    ...(run.sharpness?.perturbations ?? []).map((one) => [measureTitle(one), one.value] as const),
    ...(run.curvature?.measurements ?? []).flatMap((one) => {
      const of = curvatureTitle(one);
      return [[`largest eigenvalue, ${of}`, at(one.eigenvalues, 0)] as const, [`trace, ${of}`, one.trace] as const];
    }),
  ]);
}

export const MATRIX_TITLES = { hessian: 'Hessian', ggn: 'Gauss–Newton matrix' } as const;

function curvatureTitle({ matrix, split, batchNorm }: CurvatureMeasurement): string {
  return [
    MATRIX_TITLES[matrix],
    ...(split === 'test' ? ['test set'] : []),
    ...(batchNorm === 'batch' ? ['statistics of each batch'] : []),
  ].join(', ');
}
