import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { RunSpec } from '../config/schema.js';
import { kendall } from '../support/rank-correlation.js';
import { type CorrelationRow, correlationRows, LEAST_RUNS } from './correlations.js';
import { granulated, granulatedBySetting, granulesOf } from './granulated.js';
import { loadRuns, type Run } from './runs.js';
import { correlationsTable } from './tables/correlations.js';
import { writeRuns } from './testing/fixture-runs.js';

const lineOf = (row: CorrelationRow) => correlationsTable([row]).lines[0]!;

/** Two batch sizes and two methods with `seeds` seeds; the sharpness is what `sharpness` makes of the test error. */
async function runsWith(seeds: number, sharpness: (error: number, batchSize: number) => number): Promise<Run[]> {
  const results = await mkdtemp(join(tmpdir(), 'smoothout-correlations-'));
  const runs = [256, 6000].flatMap((batchSize) =>
    ['baseline', 'smoothout'].flatMap((method) =>
      Array.from({ length: seeds }, (_, i) => {
        const error = (batchSize === 256 ? 1 : 4) + (method === 'smoothout' ? -0.25 : 0) + 0.1 * ((i * 7) % seeds);
        return {
          ...{ experiment: `f1-${batchSize}`, method, seed: i + 1, bestAccuracy: 100 - error, metricsEpochs: 2 },
          config: {
            batchSize,
            methods: [method === 'baseline' ? { name: method } : { name: method, noise: { a: 0.01 } }],
          },
          sharpness: { defined: sharpness(error, batchSize) },
        };
      }),
    ),
  );
  await writeRuns(results, runs);
  return [...(await loadRuns(`${results}/runs`)).runs];
}

let increasing: Run[];
let acrossBatchesOnly: Run[];
beforeAll(async () => {
  increasing = await runsWith(5, (error) => 10 * error);
  // Large batches are sharper and err more, but within a batch size the sharper runs err less.
  acrossBatchesOnly = await runsWith(5, (error, batchSize) => batchSize / 10 - error);
});

describe('correlations', () => {
  test('a measure that grows with the test error: τ, ρ and Ψ are 1, and the sentence says so', () => {
    const row = correlationRows(increasing).find(({ target }) => target === 'error')!;
    expect(row).toMatchObject({ network: 'F1', dataset: 'mnist', synthetic: false });
    expect([row.points.length, row.kendall?.value, row.spearman?.value]).toEqual([20, 1, expect.closeTo(1, 12)]);
    expect(row.granulated?.value).toBe(1);
    expect([...row.bySetting.keys()].sort()).toEqual(['batchSize', 'method']);
    expect(lineOf(row).verdict).toMatch(
      /^Over 20 runs of F1 on MNIST more of it goes with a larger test error \(τ = 1\.00/,
    );
  });

  test('Ψ tells what the batch size does from what the rest does', () => {
    const row = correlationRows(acrossBatchesOnly).find(({ target }) => target === 'error')!;
    expect(row.kendall!.value).toBeLessThan(0.2);
    expect(row.bySetting.get('batchSize')).toBe(1);
    expect(row.bySetting.get('method')!).toBeLessThan(-0.5);
    const [x, y] = [row.points.map(({ measure }) => measure), row.points.map(({ target }) => target)];
    expect(row.kendall!.value).toBe(kendall(x, y));
    const { low, high } = row.kendall!.interval!;
    expect(lineOf(row).verdict).toMatch(/ shows no relation with the test error \(τ = /);
    expect(low).toBeLessThan(row.kendall!.value);
    expect(high).toBeGreaterThan(row.kendall!.value);
  });

  test('fewer than 12 runs, unfinished ones and those on held-out images show nothing', async () => {
    expect(correlationRows(increasing.slice(0, LEAST_RUNS - 1))).toEqual([]);
    const unfinished = increasing.map((run) => ({ ...run, record: { ...run.record, status: 'failed' as const } }));
    expect(correlationRows(unfinished)).toEqual([]);
    const holdout = increasing.map((run) => ({ ...run, settings: { ...run.settings, validation: 'holdout:500' } }));
    expect(correlationRows(holdout)).toEqual([]);
  });

  test('several networks: one row over all and one for each; generated data stand apart', () => {
    const others = increasing.map((run) => ({ ...run, settings: { ...run.settings, model: 'mlp' as const } }));
    const generated = increasing.map((run) => ({
      ...run,
      record: { ...run.record, data: { ...run.record.data, synthetic: true } },
    }));
    const rows = correlationRows([...increasing, ...others, ...generated]).filter(({ target }) => target === 'gap');
    expect(rows.map(({ network, synthetic, points }) => [network, synthetic, points.length])).toEqual([
      [null, false, 40],
      ['F1', false, 20],
      ['MLP', false, 20],
      ['F1', true, 20],
    ]);
  });

  test('a line of correlations.csv', () => {
    const row = correlationRows(increasing).find(({ target }) => target === 'error')!;
    const line = lineOf(row);
    expect(Object.keys(line).join()).toBe(
      'dataset,generated_data,dnn,measure,target,runs,kendall,kendall_low,kendall_high,spearman,spearman_low,spearman_high,granulated,granulated_low,granulated_high,granulated_by_setting,verdict',
    );
    expect(line).toMatchObject({
      dnn: 'F1',
      measure: 'Keskar et al.’s metric, as defined',
      kendall: '1.0000',
      runs: 20,
    });
    expect(line.granulated_by_setting).toBe('batchSize 1.0000; method 1.0000');
  });
});

describe('the granulated coefficient', () => {
  const spec = (changes: Partial<RunSpec>): RunSpec => ({ ...increasing[0]!.settings, ...changes });

  test('is the mean over settings of the mean over groups of the mean over pairs', () => {
    // Three batch sizes at 10 epochs, two at 20: their order by x is that by y in 2 of 3 pairs, and in none of 1.
    const specs = [
      ...[1, 2, 3].map((batchSize) => spec({ batchSize, epochs: 10 })),
      ...[1, 2].map((batchSize) => spec({ batchSize, epochs: 20 })),
    ];
    const [x, y] = [
      [1, 2, 3, 5, 4],
      [1, 3, 2, 6, 7],
    ];
    const granules = granulesOf(specs);
    expect(granules.get('batchSize')!.map(({ length }) => length)).toEqual([3, 2]);
    expect(granules.get('epochs')!.map(({ length }) => length)).toEqual([2, 2]);
    const bySetting = granulatedBySetting(granules, x!, y!, [1, 1, 1, 1, 1]);
    expect(bySetting.get('batchSize')).toBeCloseTo((1 / 3 - 1) / 2, 12);
    expect(bySetting.get('epochs')).toBe(1);
    expect(granulated(bySetting)).toBeCloseTo((-1 / 3 + 1) / 2, 12);
  });

  test('runs that differ in two settings, or in the seed alone, make no pair', () => {
    const specs = [spec({ batchSize: 1, seed: 1 }), spec({ batchSize: 1, seed: 2 }), spec({ batchSize: 2, epochs: 3 })];
    expect(granulesOf(specs).size).toBe(0);
    expect(granulated(granulatedBySetting(granulesOf(specs), [1, 2, 3], [1, 2, 3], [1, 1, 1]))).toBeNull();
  });
});
