/** The curves of a folder of results, read from its figures. */
import { readdir } from 'node:fs/promises';
import { type CurveFile, readCurve } from '../records/curve-record.js';
import { type Problem, reasonOf } from './runs.js';

export interface Curves {
  /** By name. */
  readonly files: readonly CurveFile[];
  readonly problems: readonly Problem[];
}

/** Reads the curves among the CSV files of a folder; other files there are passed over. No folder is no curves. */
export async function loadCurves(folder: string): Promise<Curves> {
  const files: CurveFile[] = [];
  const problems: Problem[] = [];
  const all = await readdir(folder).catch(({ code }: NodeJS.ErrnoException) => {
    if (code !== 'ENOENT') problems.push({ where: 'figures', what: `the folder cannot be read (${code})` });
    return [];
  });
  const names = all.filter((name) => name.endsWith('.csv')).sort();
  for (const file of names) {
    try {
      const curve = await readCurve(folder, file.slice(0, -'.csv'.length));
      if (curve !== null && curve.points.length > 0) files.push(curve);
    } catch (error) {
      problems.push({ where: `figures/${file}`, what: `${reasonOf(error)}; the figure is left out` });
    }
  }
  return { files, problems };
}
