import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Machine } from './machine.js';
import type { Result } from './measure.js';
import { MEASUREMENTS } from './measurements.js';
import { between, keep, merge } from './results.js';
import { tables } from './tables.js';

const machine: Machine = {
  processor: 'Some Processor',
  cores: 2,
  instructions: ['FMA', 'AVX2'],
  memoryGiB: 24,
  platform: 'linux x64',
  versions: { 'Node.js': '20.0.0', PyTorch: '1.13 with OpenBLAS 0.3.21' },
};

const speed = (median: number) => ({ rounds: [median], median });

function result(name: string, changes: Partial<Result> = {}): Result {
  return {
    ...MEASUREMENTS.find((measurement) => measurement.name === name)!,
    date: '2026-01-02',
    ours: { ...speed(18_000), peakBytes: 2 ** 29, compileSeconds: 0.123 },
    baseline: null,
    pytorch: { ...speed(10_000), peakBytes: 2 ** 30, setting: 'defaults' },
    installed: null,
    tensorflow: null,
    operations: 8e6,
    peak: 160,
    ...changes,
  };
}

const step = result('f1-lb-baseline', {
  tensorflow: { ...speed(6000), peakBytes: 2 ** 30, setting: 'TensorFlow 2.21.0' },
  installed: { ...speed(9000), peakBytes: 2 ** 30, setting: 'defaults' },
});
const method = result('f1-lb-smoothout', {
  date: '2026-01-03',
  ours: { ...speed(17_500), peakBytes: null, compileSeconds: null },
  baseline: speed(18_000),
});

test('tables', () => {
  expect(tables({ machine, measurements: [step, method] })).toMatchInlineSnapshot(`
    "### x64 processors without AVX-512

    Measured 2026-01-02 to 2026-01-03 on Some Processor, 2 cores, FMA, AVX2, 24 GiB, linux x64; Node.js 20.0.0, PyTorch 1.13 with OpenBLAS 0.3.21.

    #### A training step of the baseline, images/s

    | network        |   ours | PyTorch | ratio |    aim | PyTorch as installed | ratio | \`--engine tensorflow\` | ratio | ours, of peak | PyTorch, of peak | our memory | PyTorch's memory | compiling | PyTorch's settings |
    | -------------- | -----: | ------: | ----: | -----: | -------------------: | ----: | --------------------: | ----: | ------------: | ---------------: | ---------: | ---------------: | --------: | -----------------: |
    | F1, batch 6000 | 18,000 |  10,000 |  1.80 | ≥ 1.70 |                9,000 |  2.00 |                 6,000 |  3.00 |          90 % |             50 % |   0.50 GiB |         1.00 GiB |    0.12 s |           defaults |

    #### A training step of the paper's methods, images/s

    | network and method        |   ours | step over the baseline's |    aim | PyTorch | ratio | PyTorch's settings |
    | ------------------------- | -----: | -----------------------: | -----: | ------: | ----: | -----------------: |
    | F1, batch 6000: SmoothOut | 17,500 |                    1.029 | ≤ 1.03 |  10,000 |  1.75 |           defaults |"
  `);
});

test('columns without a number are left out', () => {
  const alone = { ...machine, versions: { ...machine.versions, PyTorch: null } };
  expect(tables({ machine: alone, measurements: [{ ...step, pytorch: null }] })).toMatchInlineSnapshot(`
    "### x64 processors without AVX-512

    Measured 2026-01-02 on Some Processor, 2 cores, FMA, AVX2, 24 GiB, linux x64; Node.js 20.0.0.

    #### A training step of the baseline, images/s

    | network        |   ours | PyTorch as installed | ratio | \`--engine tensorflow\` | ratio | ours, of peak | our memory | compiling |
    | -------------- | -----: | -------------------: | ----: | --------------------: | ----: | ------------: | ---------: | --------: |
    | F1, batch 6000 | 18,000 |                9,000 |  2.00 |                 6,000 |  3.00 |          90 % |   0.50 GiB |    0.12 s |"
  `);
});

test('new results take the place of old ones, in the order of the list', () => {
  const kept = [{ machine, measurements: [step, method] }];
  const again = { ...step, ours: { ...step.ours, median: 20_000 } };
  const other = result('product');
  expect(merge(kept, machine, [again, other])).toEqual([{ machine, measurements: [other, again, method] }]);
  expect(merge([], machine, [method])).toEqual([{ machine, measurements: [method] }]);
});

test('results of another machine take the place of those of a processor of the same kind, and are not mixed in', () => {
  const other = { ...machine, cores: 4 };
  const wide = { ...machine, instructions: ['AVX2', 'AVX-512'] };
  const kept = [
    { machine: wide, measurements: [step] },
    { machine, measurements: [step] },
  ];
  expect(merge(kept, other, [method])).toEqual([kept[0], { machine: other, measurements: [method] }]);
  expect(merge(kept.slice(1), wide, [method])).toEqual([kept[1], { machine: wide, measurements: [method] }]);
});

test('results are kept from run to run, beside the text of the page', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  const page = join(folder, 'speed.md');
  await writeFile(page, 'Before.\n<!-- npm run bench: begin -->\n\nold\n\n<!-- npm run bench: end -->\nAfter.\n');
  await keep(machine, [step], folder);
  await keep(machine, [method], folder);
  const text = await readFile(page, 'utf8');
  expect(text).toBe(
    `Before.\n<!-- npm run bench: begin -->\n\n${tables({ machine, measurements: [step, method] })}\n\n<!-- npm run bench: end -->\nAfter.\n`,
  );
});

test('a page without a place for the tables', () => {
  expect(() => between('text', 'tables')).toThrow(/needs the lines/);
});
