/** Numbers as a reader of a table wants them; the CSV files keep more digits (csv-files.ts). */
import type { Estimate } from './statistics.js';

export const NOTHING = '–';

/** Percent or percentage points: two decimals, as in the paper. */
export function percentText(value: number | null | undefined): string {
  return value == null ? NOTHING : value.toFixed(2).replace('-', '−');
}

/** "+0.31" or "−0.02". */
export function signedText(value: number | null | undefined): string {
  if (value == null) return NOTHING;
  return `${value < 0 ? '' : '+'}${percentText(value)}`;
}

/** Sharpness spans seven powers of ten: three significant digits and more, as many decimals as the paper at most. */
export function sharpnessText(value: number | null | undefined): string {
  if (value == null) return NOTHING;
  const size = Math.abs(value);
  if (value !== 0 && size < 5e-5) return value.toExponential(1).replaceAll('-', '−');
  return value.toFixed(decimalsOf(size)).replace('-', '−');
}

function decimalsOf(size: number): number {
  if (size >= 1000) return 0;
  if (size >= 100) return 1;
  return size >= 1 ? 2 : 4;
}

/** " ± 0.05", or nothing where there is no interval. */
export function plusMinus(estimate: Estimate | null | undefined): string {
  return estimate?.ci95 == null ? '' : ` ± ${percentText(estimate.ci95)}`;
}

/** The same of a sharpness, with as many decimals as its mean has. */
export function sharpnessPlusMinus({ mean, ci95 }: Estimate): string {
  return ci95 === null ? '' : ` ± ${ci95.toFixed(decimalsOf(Math.abs(mean)))}`;
}

/** Whether the 95 % interval leaves out zero. */
export function isClear(difference: Estimate): boolean {
  return difference.ci95 !== null && Math.abs(difference.mean) > difference.ci95;
}

/** "3 h 20 min", "45 s". */
export function durationText(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
