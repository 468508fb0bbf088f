/** NAME.csv, NAME.json and NAME.svg of a curve, in <out>/figures. */
import { join } from 'node:path';
import type { TopLevelSpec } from 'vega-lite';
import type { Subject } from '../sharpness/laboratory.js';
import { SmoothOutError } from '../support/errors.js';
import { makeFolder, writeFileAtomic } from '../support/files.js';

export interface CurveFiles {
  readonly csv: string;
  readonly settings: object;
  readonly figure: TopLevelSpec;
}

/** Writes the three files; returns their paths. @throws SmoothOutError NO_SPACE, OUTPUT_UNWRITABLE */
export async function writeCurveFiles(
  folder: string,
  name: string,
  { csv, settings, figure }: CurveFiles,
): Promise<string[]> {
  const { renderSvg } = await import('../report/figures/drawing.js');
  await makeFolder(folder);
  const files = { csv, json: `${JSON.stringify(settings, null, 2)}\n`, svg: await renderSvg(figure) };
  const paths: string[] = [];
  for (const [ending, contents] of Object.entries(files)) {
    const path = join(folder, `${name}.${ending}`);
    await writeFileAtomic(path, contents);
    paths.push(path);
  }
  return paths;
}

const LONGEST_NAME = 150;

/** Such as sensitivity-c1-sb-baseline-1-vs-c1-lb-baseline-1, unless the user has a name for it. */
export function curveName(kind: string, subjects: readonly Subject[], given: string | undefined): string {
  if (given !== undefined) {
    if (/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(given) && given.length <= LONGEST_NAME) return given;
    throw new SmoothOutError('USAGE', `--name ${given}: expected at most ${LONGEST_NAME} of A-Z a-z 0-9 . _ -`);
  }
  const labels = subjects.map(({ file: { origin, path } }) => {
    const label = origin === null ? path : `${origin.experiment}-${origin.method}-${origin.seed}`;
    return label.replace(/\.safetensors$/, '').replace(/[^A-Za-z0-9._-]+/g, '-');
  });
  const name = [kind, labels.join('-vs-')].join('-');
  if (name.length <= LONGEST_NAME) return name;
  throw new SmoothOutError('USAGE', `the ${subjects.length} checkpoints make too long a file name`, {
    hint: 'Give the curve one: --name NAME.',
  });
}

/** What NAME.json says of every curve; `checkpoints` and `kind` are what the report reads (report/figures). */
export function commonSettings(kind: string, subjects: readonly Subject[]): object {
  const byPath = <T>(of: (subject: Subject) => T): Record<string, T> =>
    Object.fromEntries(subjects.map((one) => [one.file.path, of(one)]));
  const known = subjects.filter(({ file }) => file.origin !== null);
  return {
    version: 1,
    kind,
    checkpoints: Object.fromEntries(known.map(({ file }) => [file.path, file.origin])),
    epochs: byPath(({ file }) => file.epoch),
    sha256: byPath(({ file }) => file.sha256),
    models: byPath(({ model }) => model.name),
    datasets: byPath(({ file: { spec } }) => `${spec.dataset}${spec.synthetic ? ' (generated)' : ''}`),
    splitImages: byPath(({ splits }) => ({ train: splits.train.count, test: splits.test.count })),
  };
}
