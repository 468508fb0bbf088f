/** Folders of made-up runs, in the very files that `smoothout run` and `smoothout sharpness` write. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import type { EpochMetrics } from '../../records/metrics.js';
import { RECORD_VERSION, type RunRecord } from '../../records/run-record.js';
import { NAMED_CONVENTIONS, type NamedConvention } from '../../records/sharpness-conventions.js';
import type { SharpnessRecord } from '../../records/sharpness-record.js';

/** A new empty folder for results, removed when the test is over. */
export async function resultsFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'smoothout-report-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export interface FixtureRun {
  readonly experiment: string;
  readonly method?: string;
  readonly seed?: number;
  readonly bestAccuracy?: number;
  readonly finalAccuracy?: number;
  readonly synthetic?: boolean;
  /** Keys of config.yaml over F1 at batch 6000 for 200 epochs. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly record?: Partial<RunRecord>;
  readonly sharpness?: Readonly<Partial<Record<NamedConvention, number>>>;
  /** How many epochs metrics.jsonl tells of; the fewer, the faster the figures. */
  readonly metricsEpochs?: number;
}

export async function writeRuns(results: string, runs: readonly FixtureRun[]): Promise<void> {
  for (const run of runs) await writeRun(results, run);
}

/** Writes RESULTS/runs/EXPERIMENT/METHOD/seed-N and gives its path. */
export async function writeRun(results: string, run: FixtureRun): Promise<string> {
  const { experiment, method = 'baseline', seed = 1, bestAccuracy = 98, metricsEpochs = 4 } = run;
  const config = {
    experiment,
    model: 'f1',
    dataset: 'mnist',
    epochs: 200,
    batchSize: 6000,
    seeds: [seed],
    methods: [{ name: method }],
    ...run.config,
  };
  const record: RunRecord = {
    version: RECORD_VERSION,
    experiment,
    method,
    seed,
    status: 'completed',
    startedAt: '2026-01-01T00:00:00.000Z',
    finishedAt: '2026-01-01T01:00:00.000Z',
    epochs: config.epochs,
    epochsDone: config.epochs,
    bestEpoch: Math.min(2, metricsEpochs),
    bestAccuracy,
    finalAccuracy: run.finalAccuracy ?? bestAccuracy - 0.1,
    validation: 'test',
    imagesPerSecond: 20000,
    seconds: 3600,
    parameters: 1462794,
    engine: 'onnx',
    device: 'cpu',
    configHash: JSON.stringify({ ...config, seeds: [] }),
    gitCommit: '0123456789abcdef',
    versions: { node: '20.0.0' },
    dataset: config.dataset,
    data: { synthetic: run.synthetic ?? false, trainImages: 60000, validationImages: 10000, digests: {} },
    error: null,
    ...run.record,
  };
  const folder = join(results, 'runs', experiment, method, `seed-${seed}`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'config.yaml'), stringify(config));
  await writeFile(join(folder, 'run.json'), `${JSON.stringify(record, null, 2)}\n`);
  const metrics = Array.from({ length: metricsEpochs }, (_, i) => epochMetrics(i + 1, bestAccuracy));
  await writeFile(join(folder, 'metrics.jsonl'), metrics.map((line) => `${JSON.stringify(line)}\n`).join(''));
  if (run.sharpness !== undefined) {
    const contents = sharpnessRecord(run.sharpness, record.bestEpoch);
    await writeFile(join(folder, 'sharpness.json'), `${JSON.stringify(contents, null, 2)}\n`);
  }
  return folder;
}

function epochMetrics(epoch: number, accuracy: number): EpochMetrics {
  return {
    epoch,
    step: 10 * epoch,
    learningRate: 0.001,
    trainLoss: 0.5 / epoch ** 2,
    trainAccuracy: 100 - 2 / epoch,
    validationLoss: 0.4 / epoch + 0.05,
    validationAccuracy: accuracy - 2 + 2 / (1 + Math.abs(2 - epoch)),
    seconds: 1.5,
    imagesPerSecond: 20000,
  };
}

export function sharpnessRecord(
  values: Readonly<Partial<Record<NamedConvention, number>>>,
  epoch: number | null,
): SharpnessRecord {
  const measurements = Object.entries(values).map(([name, value]) => ({
    convention: name as NamedConvention,
    ...NAMED_CONVENTIONS[name as NamedConvention],
    images: 10000,
    splitImages: 10000,
    batchSize: 2000,
    seed: 1,
    repeatsRun: 1,
    check: null,
    engine: 'onnx',
    device: 'cpu',
    repeats: [value],
    value,
    loss: 0.1,
    status: ['iteration-limit'],
    evaluations: [12],
    seconds: 3,
  }));
  const checkpoint = { checkpoint: 'best.safetensors', epoch, checkpointSha256: 'a'.repeat(64) };
  return { version: 1, ...checkpoint, measurements, perturbations: [] };
}

/** F1 as in Tables 1 and 2: both batch sizes, both methods, `seeds` seeds, all three conventions. */
export function f1Runs(seeds: number, method = ['baseline', 'smoothout']): FixtureRun[] {
  const runs: FixtureRun[] = [];
  for (const [experiment, batchSize, base, sharp] of [
    ['f1-sb', 256, 98.4, 90],
    ['f1-lb', 6000, 98, 3000],
  ] as const) {
    for (const name of method) {
      for (let seed = 1; seed <= seeds; seed++) {
        const smooth = name === 'smoothout';
        runs.push({
          experiment,
          method: name,
          seed,
          bestAccuracy: Number((base + (smooth ? 0.3 : 0) + 0.02 * seed + (smooth ? 0.01 * (seed % 2) : 0)).toFixed(2)),
          config: { batchSize },
          sharpness: {
            defined: (sharp + 7 * seed) / (smooth ? 5 : 1),
            keskar: (sharp + seed) / (smooth ? 300 : 50),
            reference: batchSize === 256 ? 0 : (sharp + seed) / 30,
          },
        });
      }
    }
  }
  return runs;
}
