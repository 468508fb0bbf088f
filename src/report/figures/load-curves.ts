import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readTextIfExists } from '../../support/files.js';
import { type Problem, reasonOf } from '../problem.js';
import {
  type Curve,
  type CurveSettings,
  curveSettings,
  type Origin,
  originOfPath,
  parseCurveCsv,
} from './curve-record.js';

/** A CSV file of curves, with the runs that its checkpoints belong to. */
export interface CurveFile extends Curve {
  /** The file's name without `.csv`. */
  readonly name: string;
  readonly settings: CurveSettings | null;
  /** The run behind a checkpoint's name, as far as it is known. */
  originOf(checkpoint: string): Origin | null;
}

export interface Curves {
  /** By name. */
  readonly files: readonly CurveFile[];
  readonly problems: readonly Problem[];
}

/** Reads the curves among the CSV files of a folder; other files there are passed over. No folder is no curves. */
export async function loadCurves(folder: string): Promise<Curves> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.csv')).sort();
  const files: CurveFile[] = [];
  const problems: Problem[] = [];
  for (const file of names) {
    const name = file.slice(0, -'.csv'.length);
    try {
      const curve = parseCurveCsv(await readFile(join(folder, file), 'utf8'));
      if (curve === null || curve.points.length === 0) continue;
      const settings = await readSettings(join(folder, `${name}.json`), curve);
      const originOf = (checkpoint: string): Origin | null =>
        settings?.checkpoints?.[checkpoint] ?? originOfPath(checkpoint);
      files.push({ ...curve, name, settings, originOf });
    } catch (error) {
      problems.push({ where: `figures/${file}`, what: `${reasonOf(error)}; the figure is left out` });
    }
  }
  return { files, problems };
}

/** @throws Error: the settings are there and are not those of this curve. */
async function readSettings(path: string, curve: Curve): Promise<CurveSettings | null> {
  const text = await readTextIfExists(path);
  if (text === null) return null;
  const parsed = curveSettings.safeParse(JSON.parse(text));
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new Error(`its settings (.json): ${issue.path.join('.') || 'the file'}: ${issue.message}`);
  }
  if (parsed.data.kind !== curve.kind)
    throw new Error(`its settings (.json) are of ${parsed.data.kind}, not ${curve.kind}`);
  return parsed.data;
}
