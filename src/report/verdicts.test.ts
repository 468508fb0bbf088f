import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { findPython } from '../testing/python.js';
import type { Group } from './groups.js';
import { paperRow } from './paper.js';
import { writeReport } from './report.js';
import { locateRuns, readResults } from './results.js';
import { f1Runs, resultsFolder, writeRuns } from './testing/fixture-runs.js';
import { reasonFor, verdicts } from './verdicts.js';

const RESULTS = fileURLToPath(new URL('../../results', import.meta.url));

/** Runs of F1 at batch 6000 with these accuracies, seed by seed. */
function group(method: 'baseline' | 'smoothout', accuracies: readonly number[], preset = 'paper'): Group {
  const runs = accuracies.map((bestAccuracy, i) => ({ record: { seed: i + 1, bestAccuracy }, sharpness: null }));
  const standing = { row: paperRow('f1-lb'), method, deviations: [], notes: [] };
  return { name: `f1-lb/${method}`, settings: { preset }, runs, standing } as unknown as Group;
}

function verdictOf(baseline: readonly number[], smoothout: readonly number[]) {
  const all = verdicts([group('baseline', baseline), group('smoothout', smoothout)], []);
  return all.find(({ word, quantity, statement }) => {
    return quantity === 'accuracy' && word !== 'not run' && statement.startsWith('SmoothOut raises');
  })!;
}

describe('a claim', () => {
  test('is reproduced, or contradicted, where the interval leaves out zero', () => {
    expect(verdictOf([98, 98.1, 98.2], [98.5, 98.6, 98.8])).toMatchObject({ word: 'reproduced' });
    expect(verdictOf([98.5, 98.6, 98.8], [98, 98.1, 98.2])).toMatchObject({ word: 'contradicted' });
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

  test('is undecided where every seed shows the same difference: an interval of no width is none', () => {
    const verdict = verdictOf([98, 98.1, 98.2], [98.5, 98.6, 98.7]);
    expect(verdict).toMatchObject({ word: 'undecided', seedsNeeded: null, excludesPublished: false });
    expect(reasonFor(verdict)).toBe('the difference is the same for every seed, so that it has no interval');
  });

  test('about sharpness has the paper’s number in the convention that it comes from, and no claim where that shows none', () => {
    const all = verdicts([], []).filter(({ quantity }) => quantity !== 'accuracy' && quantity !== 'rise');
    const published = ({ quantity, published }: (typeof all)[number]) => [quantity, published === null];
    expect(new Set(all.map((verdict) => published(verdict).join()))).toEqual(
      new Set(['defined,true', 'keskar,true', 'reference,false']),
    );
    expect(all.filter(({ row, statement }) => row.id === 'f1-sb' && statement.startsWith('SmoothOut'))).toEqual([]);
  });

  test('of several groups is judged by the one that the tables show', () => {
    const [other, own] = [group('baseline', [90, 91, 92]), group('baseline', [98, 98.1])];
    const renamed = { ...other, standing: { ...other.standing, notes: ['weight decay 0.1'] } };
    const judged = verdicts([renamed, own, group('smoothout', [98.4, 98.6])], []);
    expect(judged.find(({ word }) => word !== 'not run')!.less).toBe(own);
  });

  test('is judged with the authors’ settings apart', () => {
    const judged = verdicts(
      [group('baseline', [98, 98.1], 'reference'), group('smoothout', [98, 98.1], 'reference')],
      [],
    );
    const run = judged.filter(({ word, quantity }) => word !== 'not run' && quantity === 'accuracy');
    expect(run.map(({ preset, statement }) => [preset, statement])).toEqual([
      ['reference', 'SmoothOut raises the accuracy at a large batch.'],
    ]);
  });
});

test('every claim about accuracy has a published effect in its own direction', async () => {
  const { groups, curves } = await readResults(await locateRuns(RESULTS));
  const claims = verdicts(groups, curves.files);
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
def seeds_for(s, size):
    for n in range(2, 1001):
        if stats.t.ppf(0.975, n - 1) * s / math.sqrt(n) <= size: return str(n)
    return ''
checked = 0
for row in csv.DictReader(open(sys.argv[2])):
    if row['effect'] == '': continue
    more, less = values(row['more'], row['quantity']), values(row['less'], row['quantity'])
    paired = sorted(more) == sorted(less)
    assert row['paired'] == ('yes' if paired else 'no'), row
    if paired:
        d = [more[s] - less[s] for s in sorted(more)]
        n, mean = len(d), math.fsum(d) / len(d)
        ci = stats.t.ppf(0.975, n - 1) * stats.sem(d) if n > 1 else None
    else:
        a, b = list(more.values()), list(less.values())
        n, mean = min(len(a), len(b)), math.fsum(a) / len(a) - math.fsum(b) / len(b)
        ci = None
        if n > 1:
            va, vb = stats.sem(a) ** 2, stats.sem(b) ** 2
            df = (va + vb) ** 2 / (va ** 2 / (len(a) - 1) + vb ** 2 / (len(b) - 1))
            ci = stats.t.ppf(0.975, df) * math.sqrt(va + vb)
    threshold = -0.17 if '0.17' in row['claim'] else 0
    published = row['paper_effect']
    assert (published == '') == (row['quantity'] in ('sharpness, defined', 'sharpness, keskar')), row
    assert f'{mean:.4f}'.replace('-0.0000', '0.0000') == row['effect'].replace('-0.0000', '0.0000'), (mean, row)
    assert row['effect_ci95'] == ('' if ci is None else f'{ci:.4f}'), (ci, row)
    wide = ci is not None and ci > 1e-9 * abs(mean)
    word = 'undecided' if not wide or abs(mean - threshold) <= ci else 'reproduced' if mean > threshold else 'contradicted'
    assert word == row['verdict'], row
    if wide and word == 'undecided':
        s = ci * math.sqrt(n) / stats.t.ppf(0.975, n - 1)
        size = abs((float(published) if published else mean) - threshold)
        assert row['seeds_needed'] == seeds_for(s, size), row
    outside = wide and published != '' and abs(mean - float(published)) > ci
    assert ('is outside the interval' in row['reason']) == outside, row
    checked += 1
print(checked)
`;

async function recompute(results: string, python: string): Promise<number> {
  const out = await resultsFolder();
  await writeReport({ runs: results, out, compare: null });
  await writeFile(join(out, 'recompute.py'), RECOMPUTE);
  const args = [join(out, 'recompute.py'), results, join(out, 'claims.csv')];
  return Number(execFileSync(python, args, { encoding: 'utf8' }));
}

test('claims.csv is what SciPy makes of the committed runs, to the last digit', async () => {
  const python = findPython('scipy');
  if (python !== undefined) expect(await recompute(RESULTS, python)).toBeGreaterThan(10);
});

test('and of runs whose seeds are not the same on both sides', async () => {
  const python = findPython('scipy');
  if (python === undefined) return;
  const results = await resultsFolder();
  const more = {
    experiment: 'f1-lb',
    seed: 4,
    bestAccuracy: 98.3,
    sharpness: { defined: 2000, keskar: 50, reference: 9 },
  };
  await writeRuns(results, [...f1Runs(3), more]);
  expect(await recompute(results, python)).toBeGreaterThan(5);
});
