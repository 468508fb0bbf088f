/** Every config in configs/, cut down to a few steps on generated data: interrupted, resumed, finished. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfigs } from '../config/load.js';
import { resolveRuns } from '../config/resolve.js';
import type { RunSpec } from '../config/schema.js';
import { readMetrics } from '../records/metrics.js';
import { runPaths } from '../records/run-folder.js';
import { openSession, type Session } from '../session/session.js';
import { SmoothOutError } from '../support/errors.js';
import { readSafetensors } from '../support/safetensors.js';
import { trainRun } from './run.js';

const FOLDER = fileURLToPath(new URL('../../configs', import.meta.url));
const CONFIGS = (await readdir(FOLDER)).filter((name) => name.endsWith('.yaml'));

/** Two steps of two ghost batches. */
const SIZES: Readonly<Record<string, [batchSize: number, ghostBatchSize: number]>> = { alexnet: [4, 2] };

/** The last method of a config, or of each of its variants: the baseline is the same with less to it. */
async function runsOf(name: string): Promise<RunSpec[]> {
  const path = join(FOLDER, name);
  const [first] = await loadConfigs(path);
  const [batchSize, ghostBatchSize] = SIZES[first!.model] ?? [16, 8];
  const limits = [`trainLimit=${2 * batchSize}`, `validationLimit=${batchSize}`];
  const sizes = [`batchSize=${batchSize}`, `ghostBatchSize=${first!.ghostBatchSize === null ? null : ghostBatchSize}`];
  const configs = await loadConfigs(path, { set: ['synthetic=true', 'epochs=1', ...limits, ...sizes] });
  return configs.map((config) => resolveRuns(config).at(-1)!);
}

let session: Session;
let output: string;
beforeAll(async () => {
  output = await mkdtemp(join(tmpdir(), 'smoothout-configs-'));
  const { signal } = new AbortController();
  session = await openSession({ engine: 'onnx', device: 'cpu', data: join(output, 'data'), signal });
});
afterAll(async () => {
  await session.dispose();
  await rm(output, { recursive: true }); // AlexNet's checkpoints: 2.5 GB
});

function train(spec: RunSpec, stopAfter = Number.POSITIVE_INFINITY) {
  const controller = new AbortController();
  let steps = 0;
  const onStep = () => {
    steps++;
    if (steps === stopAfter) controller.abort(new SmoothOutError('INTERRUPTED', 'stopped by the test'));
  };
  const { signal } = controller;
  const events = { onStart: () => {}, onStep, onEpoch: () => {} };
  return trainRun({ ...session, signal }, spec, { out: output, force: false, ...events });
}

describe.each(CONFIGS)('%s', async (name) => {
  const runs = await runsOf(name);

  test.each(runs.map((spec) => [spec.experiment, spec.method.label, spec] as const))('%s %s', async (_, __, spec) => {
    await expect(train(spec, 1)).rejects.toMatchObject({ code: 'INTERRUPTED' });
    const { metadata } = await readSafetensors(runPaths(output, spec).last);
    expect(metadata.place).toContain('"epoch":0,"steps":1,');
    const record = await train(spec);
    expect(record).toMatchObject({ status: 'completed', epochsDone: 1, data: { synthetic: true } });
    const [epoch] = await readMetrics(runPaths(output, spec).metrics);
    expect(epoch).toMatchObject({ epoch: 1, step: 2 });
    expect(epoch!.trainLoss).toBeGreaterThan(0);
  });
});
