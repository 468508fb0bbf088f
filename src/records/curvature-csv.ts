/** NAME.csv of `smoothout curvature`: a line for each number, so that a spreadsheet or a data frame selects what it wants. */
import { stringify } from 'csv-stringify/sync';
import { at } from '../support/at.js';
import type { CurvatureMeasurement, CurvaturePart } from './curvature-record.js';

const COLUMNS = ['checkpoint', 'matrix', 'split', 'batch_norm', 'part', 'quantity', 'at', 'value', 'error'] as const;

interface Measured {
  readonly checkpoint: string;
  readonly measurement: CurvatureMeasurement;
}

/**
 * The quantities: `eigenvalue` at its rank with its residual; `trace` with its standard error; `density_weight` at its
 * node.
 */
export function curvatureCsv(all: readonly Measured[]): string {
  const rows = all.flatMap(({ checkpoint, measurement }) => {
    const { matrix, split, batchNorm, layers } = measurement;
    const parts = [{ name: 'all', ...measurement }, ...(layers ?? [])];
    return parts.flatMap(({ name, ...part }) =>
      numbersOf(part).map((numbers) => [checkpoint, matrix, split, batchNorm, name, ...numbers]),
    );
  });
  return stringify(rows, { header: true, columns: [...COLUMNS] });
}

type Numbers = readonly [quantity: string, at: number | null, value: number, error: number | null];

function numbersOf({ eigenvalues, residuals, trace, traceError, density }: CurvaturePart): Numbers[] {
  return [
    ...eigenvalues.map((value, i): Numbers => ['eigenvalue', i + 1, value, at(residuals, i)]),
    ['trace', null, trace, traceError],
    ...(density?.nodes ?? []).map((node, i): Numbers => ['density_weight', node, at(density!.weights, i), null]),
  ];
}
