import { execFileSync } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { findPython } from '../testing/python.js';
import type { Group } from './groups.js';
import { paperRow } from './paper.js';
import { writeReport } from './report.js';
import { locateResults, readResults } from './results.js';
import { reasonFor, verdicts } from './verdicts.js';

const RESULTS = fileURLToPath(new URL('../../results', import.meta.url));

/** Runs of F1 at batch 6000 with these accuracies, seed by seed. */
function group(method: 'baseline' | 'smoothout', accuracies: readonly number[], preset = 'paper'): Group {
  const runs = accuracies.map((bestAccuracy, i) => ({ record: { seed: i + 1, bestAccuracy }, sharpness: null }));
  const claim = { row: paperRow('f1-lb'), method, deviations: [], notes: [] };
  return { name: `f1-lb/${method}`, settings: { preset }, runs, claim } as unknown as Group;
}

function verdictOf(baseline: readonly number[], smoothout: readonly number[]) {
  const all = verdicts([group('baseline', baseline), group('smoothout', smoothout)]);
  return all.find(({ word, quantity, statement }) => {
    return quantity === 'accuracy' && word !== 'not run' && statement.startsWith('SmoothOut raises');
  })!;
}

describe('a claim', () => {
  test('is reproduced, or contradicted, where the interval leaves out zero', () => {
    expect(verdictOf([98, 98.1, 98.2], [98.5, 98.6, 98.7])).toMatchObject({ word: 'reproduced' });
    expect(verdictOf([98.5, 98.6, 98.7], [98, 98.1, 98.2])).toMatchObject({ word: 'contradicted' });
  });

  test('is undecided where it does not, with how many seeds an effect of the paper’s size would need', () => {
    const verdict = verdictOf([98, 98, 98], [98.5, 98, 97.6]);
    expect(verdict).toMatchObject({ word: 'undecided', excludesPublished: false });
    // s = 0.4509 and t(0.975, 6) = 2.4469: 2.4469 · 0.4509 / √7 = 0.417, and with eight seeds 0.377, below 0.41.
    expect(verdict.seedsNeeded).toBe(8);
    expect(reasonFor(verdict)).toBe(
      'these seeds could have shown 1.1; 8 seeds would show an effect of the paper’s size',
    );
  });

  test('is undecided with one seed a side, whatever the difference', () => {
    expect(verdictOf([90], [99])).toMatchObject({ word: 'undecided', seedsNeeded: null });
    expect(reasonFor(verdictOf([90], [99]))).toBe('one seed a side has no interval');
  });

  test('says where an effect of the paper’s size is outside the interval', () => {
    const verdict = verdictOf([98, 98.1, 98.2], [98.01, 98.1, 98.19]);
    expect(verdict).toMatchObject({ word: 'undecided', excludesPublished: true });
    expect(reasonFor(verdict)).toContain('the paper’s 0.41 is outside the interval');
  });

  test('is judged with the authors’ settings apart', () => {
    const judged = verdicts([group('baseline', [98, 98.1], 'reference'), group('smoothout', [98, 98.1], 'reference')]);
    const run = judged.filter(({ word, quantity }) => word !== 'not run' && quantity === 'accuracy');
    expect(run.map(({ preset, statement }) => [preset, statement])).toEqual([
      ['reference', 'SmoothOut raises the accuracy at a large batch.'],
    ]);
  });
});

test('every claim about accuracy has a published effect in its own direction', async () => {
  const claims = verdicts((await readResults(await locateResults(RESULTS))).groups);
  for (const { quantity, published } of claims) if (quantity === 'accuracy') expect(published).not.toBe(0);
  expect(new Set(claims.map(({ word }) => word)).has('not run')).toBe(true);
});

/** Effects and intervals again, from the files of the runs. */
const RECOMPUTE = `
import csv, glob, json, math, sys
from scipy import stats
def values(cell, quantity):
    name, seeds = cell.rsplit(' ', 1)
    found = {}
    for path in glob.glob(f'{sys.argv[1]}/runs/{name}/seed-*/run.json'):
        run = json.load(open(path))
        if run['status'] != 'completed': continue
        if quantity == 'accuracy': found[run['seed']] = run['bestAccuracy']
        else:
            measured = json.load(open(path.replace('run.json', 'sharpness.json')))['measurements']
            own = [m['value'] for m in measured if m['convention'] == quantity.split(', ')[1]]
            if own: found[run['seed']] = own[0]
    return found
checked = 0
for row in csv.DictReader(open(sys.argv[2])):
    if row['effect'] == '': continue
    more, less = values(row['more'], row['quantity']), values(row['less'], row['quantity'])
    assert sorted(more) == sorted(less) and row['paired'] == 'yes', row
    d = [more[s] - less[s] for s in sorted(more)]
    mean = math.fsum(d) / len(d)
    assert f'{mean:.4f}'.replace('-0.0000', '0.0000') == row['effect'].replace('-0.0000', '0.0000'), (mean, row)
    if len(d) > 1:
        ci = stats.t.ppf(0.975, len(d) - 1) * stats.sem(d)
        assert f'{ci:.4f}' == row['effect_ci95'], (ci, row)
        word = 'undecided' if abs(mean) <= ci else 'reproduced' if mean > 0 else 'contradicted'
        assert word == row['verdict'], row
    checked += 1
print(checked)
`;

test('claims.csv is what SciPy makes of the committed runs, to the last digit', async () => {
  const python = findPython('scipy');
  if (python === undefined) return;
  const out = await mkdtemp(join(tmpdir(), 'smoothout-claims-'));
  await writeReport({ runs: RESULTS, out, compare: null });
  await writeFile(join(out, 'recompute.py'), RECOMPUTE);
  const printed = execFileSync(python, [join(out, 'recompute.py'), RESULTS, join(out, 'claims.csv')], {
    encoding: 'utf8',
  });
  expect(Number(printed)).toBeGreaterThan(10);
});
