/** What the rows of the report's CSV files are made of. */
import { stringify } from 'csv-stringify/sync';
import type { RunSpec } from '../../config/schema.js';
import { datasetTitle } from '../../data/catalogue.js';
import { CONVENTION_NAMES, type NamedConvention } from '../../records/sharpness-conventions.js';
import type { Estimate } from '../../support/statistics.js';
import { type Group, meanAccuracy, sharpness } from '../groups.js';
import { modelTitle } from '../paper.js';

/** One line of a CSV file; the order of its keys is the order of the columns. */
export type CsvRow = Readonly<Record<string, string | number>>;

/** Four decimals, as the paper gives its sharpness: a tenth of what one image in a test set of 10,000 is worth, and less. */
export const decimal = (value: number | null | undefined): string => (value == null ? '' : value.toFixed(4));
export const percent = (value: number): string => value.toFixed(2);

/** Wherever a sharpness column stands, the two other conventions follow it. */
export function conventionColumns(name: string, of: (convention: NamedConvention) => number | undefined): CsvRow {
  return Object.fromEntries(
    CONVENTION_NAMES.map((convention) => [
      convention === 'defined' ? name : `${name}_${convention}`,
      decimal(of(convention)),
    ]),
  );
}

/** The mean sharpness over seeds, in each convention. */
export function sharpnessColumns(name: string, group: Group | null): CsvRow {
  return conventionColumns(name, (convention) => (group === null ? undefined : sharpness(group, convention)?.mean));
}

export const seeds = (group: Group | null): number => group?.runs.length ?? 0;
export const accuracy = (group: Group | null) => (group === null ? null : meanAccuracy(group));
export const named = ({ model, dataset }: Pick<RunSpec, 'model' | 'dataset'>): CsvRow => ({
  dnn: modelTitle(model),
  dataset: datasetTitle(dataset),
});

/** A mean or a difference, and the half-width of its interval. */
export function estimateColumns(name: string, value: Estimate | null, text = decimal): CsvRow {
  return { [name]: text(value?.mean), [`${name}_ci95`]: text(value?.ci95) };
}

/** `columns`: of a file that has its header even where it has no line. */
export function csvText(rows: readonly CsvRow[], columns: readonly string[] = Object.keys(rows[0] ?? {})): string {
  return stringify([...rows], { header: true, columns: [...columns], cast: { string: asText } });
}

/** A spreadsheet would compute text that begins like a formula. */
const asText = (text: string) => (/^[=+@\t\r-]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text);
