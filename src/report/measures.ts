/** Every number that was measured of a run's best checkpoint and may say something of how it generalises, by its name. */
import { measureTitle } from '../records/perturbation-measures.js';
import { CONVENTION_NAMES, type NamedConvention } from '../records/sharpness-conventions.js';
import { measurementOf, type Run } from './runs.js';

const CONVENTION_TITLES: Readonly<Record<NamedConvention, string>> = {
  defined: 'Keskar et al.’s metric, as defined',
  keskar: 'Keskar et al.’s metric, their convention',
  reference: 'Keskar et al.’s metric, the authors’ code',
};

/** A new kind of measurement is a line here. Of measurements that have one name the newest counts. */
export function measuresOf(run: Run): ReadonlyMap<string, number> {
  return new Map([
    ...CONVENTION_NAMES.flatMap((name) => {
      const measured = measurementOf(run, name);
      return measured === undefined ? [] : [[CONVENTION_TITLES[name], measured.value] as const];
    }),
    ...(run.sharpness?.perturbations ?? []).map((one) => [measureTitle(one), one.value] as const),
  ]);
}
