/** docs/speed.json, what was measured last on each kind of processor, and the tables that docs/speed.md shows of it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { readTextIfExists, writeFileAtomic } from '../../src/support/files.js';
import { PACKAGE_FOLDER } from '../../src/support/versions.js';
import { kindOf, type Machine } from './machine.js';
import type { Result } from './measure.js';
import { MEASUREMENTS } from './measurements.js';
import { tables } from './tables.js';

export interface Results {
  readonly machine: Machine;
  readonly measurements: readonly Result[];
}

const DOCS_FOLDER = join(PACKAGE_FOLDER, 'docs');

const BEGIN = '<!-- npm run bench: begin -->';
const END = '<!-- npm run bench: end -->';

/** Puts new results in the place of older ones of the same name; those of a machine of the same kind or other versions go. */
export async function keep(machine: Machine, results: readonly Result[], folder = DOCS_FOLDER): Promise<void> {
  const [data, page] = [join(folder, 'speed.json'), join(folder, 'speed.md')];
  const text = await readTextIfExists(data);
  const merged = merge(text === null ? [] : (JSON.parse(text) as Results[]), machine, results);
  await writeFileAtomic(page, between(await readFile(page, 'utf8'), merged.map(tables).join('\n\n')));
  await writeFileAtomic(data, `${JSON.stringify(merged, null, 2)}\n`);
}

/** One for each kind of processor: another machine's take the place of those of the same kind alone. */
export function merge(kept: readonly Results[], machine: Machine, results: readonly Result[]): Results[] {
  const place = kept.findIndex((one) => kindOf(one.machine) === kindOf(machine));
  const earlier = kept.find((one) => isDeepStrictEqual(one.machine, machine))?.measurements ?? [];
  const all = new Map([...earlier, ...results].map((result) => [result.name, result]));
  const merged = { machine, measurements: MEASUREMENTS.flatMap(({ name }) => all.get(name) ?? []) };
  return place < 0 ? [...kept, merged] : kept.with(place, merged);
}

/** @throws where the page has no place for the tables */
export function between(page: string, content: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`docs/speed.md needs the lines ${BEGIN} and ${END}`);
  return `${page.slice(0, begin + BEGIN.length)}\n\n${content}\n\n${page.slice(end)}`;
}
