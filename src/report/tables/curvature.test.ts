import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CurvatureMeasurement, CurvatureRecord } from '../../records/curvature-record.js';
import { spectrumFigures } from '../figures/curvature.js';
import { groupRuns } from '../groups.js';
import { loadRuns } from '../runs.js';
import { resultsFolder, writeRun } from '../testing/fixture-runs.js';
import { type CurvatureRow, curvatureRows, curvatureTable } from './curvature.js';

const measurement = (largest: number, trace: number, settings: Partial<CurvatureMeasurement> = {}) => ({
  ...{ matrix: 'hessian', split: 'train', batchNorm: 'running', images: 1000, splitImages: 60_000, batchSize: 500 },
  ...{ seed: 1, top: 2, probes: 10, loss: 0.25, parameters: 100, eigenvalues: [largest, 1], residuals: [0.1, 0.1] },
  ...{ trace, traceError: 0.5, products: 20, density: null, layers: null, seconds: 1, engine: 'onnx', device: 'cpu' },
  ...settings,
});

/** Two batch sizes with three seeds each; of the first seeds the Gauss–Newton matrix too. */
async function measuredRows(): Promise<CurvatureRow[]> {
  const results = await resultsFolder();
  for (const batchSize of [256, 6000]) {
    for (const seed of [1, 2, 3]) {
      const config = { batchSize };
      const folder = await writeRun(results, { experiment: `f1-${batchSize}`, seed, metricsEpochs: 2, config });
      const measured = [
        measurement(batchSize + seed, 10 * seed),
        ...(seed === 1 ? [measurement(5, 50, { matrix: 'ggn' })] : []),
      ];
      const record = {
        version: 1,
        checkpoint: 'best.safetensors',
        epoch: 2,
        checkpointSha256: '0',
        measurements: measured,
      };
      await writeFile(
        join(folder, 'curvature.json'),
        JSON.stringify(record satisfies Record<keyof CurvatureRecord, unknown>),
      );
    }
  }
  return curvatureRows(groupRuns((await loadRuns(join(results, 'runs'))).runs));
}

test('a mean over seeds for each group and each kind of measurement', async () => {
  const rows = await measuredRows();
  expect(curvatureTable(rows).lines).toMatchObject([
    // Student's t with two degrees of freedom: 4.3027 / √3 times the deviation of 1, and of 10.
    {
      experiment: 'f1-256',
      matrix: 'hessian',
      measured: 3,
      largest_eigenvalue: '258',
      largest_eigenvalue_ci95: '2.48414',
    },
    {
      experiment: 'f1-256',
      matrix: 'ggn',
      measured: 1,
      largest_eigenvalue: '5',
      largest_eigenvalue_ci95: '',
      trace: '50',
    },
    { experiment: 'f1-6000', matrix: 'hessian', trace: '20', trace_ci95: '24.8414', loss: '0.25', loss_ci95: '0' },
    { experiment: 'f1-6000', matrix: 'ggn' },
  ]);
});

test('the page has a row for each, and a figure for each kind with the batch sizes in it', async () => {
  const rows = await measuredRows();
  expect(curvatureTable(rows).section?.html.match(/<tr>/g)).toHaveLength(1 + rows.length);
  const figures = spectrumFigures(rows);
  expect(figures.map(({ name }) => name)).toEqual([
    'curvature-f1-mnist-hessian-train-1000-images',
    'curvature-f1-mnist-ggn-train-1000-images',
  ]);
  expect(JSON.stringify(figures[0]!.spec)).toContain('Baseline, batch 6000');
});

test('without measurements there is no section', () => {
  expect(curvatureTable([]).section).toBeNull();
});
