/** A problem small enough to train in milliseconds: images of 4×4 in three classes, a perceptron of 8 hidden units. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveRuns } from '../../config/resolve.js';
import { configSchema, type RunSpec } from '../../config/schema.js';
import { openImages } from '../../data/batches.js';
import type { Dataset, ImageSource } from '../../data/source.js';
import { tinySource } from '../../data/testing/tiny-source.js';
import type { Engine } from '../../engine/engine.js';
import { createOnnxEngine } from '../../engine/onnx/cpu/engine.js';
import { readMetrics } from '../../records/metrics.js';
import { type RunPaths, runPaths } from '../../records/run-folder.js';
import type { RunRecord } from '../../records/run-record.js';
import type { Session } from '../../session/session.js';
import { SmoothOutError } from '../../support/errors.js';
import { readSafetensors } from '../../support/safetensors.js';
import { type RunOptions, trainRun } from '../run.js';

export const TINY_DATASET: Dataset = {
  name: 'mnist',
  train: tinySource('train', 60),
  test: tinySource('test', 30),
  synthetic: false,
  directory: '/nowhere',
  digests: { train: 'aaaa' },
};

const engine = createOnnxEngine({ threads: 1 });

/** A run's settings: those of the tiny problem, and what is given on top. */
export function tinySpec(settings: object = {}): RunSpec {
  const config = configSchema.parse({
    experiment: 'tiny',
    model: 'mlp',
    hidden: [8],
    dataset: 'mnist',
    epochs: 3,
    batchSize: 16,
    optimizer: { learningRate: 0.01 },
    methods: [{ name: 'baseline' }],
    ...settings,
  });
  return resolveRuns(config)[0]!;
}

export interface TinyOptions {
  /** The output folder; a new one where left out. */
  readonly out?: string;
  readonly force?: boolean;
  readonly train?: ImageSource;
  readonly engine?: Engine;
  /** Interrupts the run after so many steps. */
  readonly stopAfter?: number;
}

export interface TinyRun {
  readonly out: string;
  readonly paths: RunPaths;
  /** Null where the run threw `error`. */
  readonly record: RunRecord | null;
  readonly error: unknown;
}

export const temporaryFolder = () => mkdtemp(join(tmpdir(), 'smoothout-tiny-'));

/** What trains the tiny problem. */
export function tinySession(signal: AbortSignal, options: Pick<TinyOptions, 'engine' | 'train'> = {}): Session {
  return {
    engine: options.engine ?? engine,
    signal,
    provenance: {
      gitCommit: null,
      versions: {},
      process: { command: [], lockfile: null, processor: 'test', threads: 1 },
    },
    dataset: async () => ({ ...TINY_DATASET, ...(options.train && { train: options.train }) }),
    images: (_, source) => openImages(source),
    dispose: async () => {},
  };
}

/** Trains in a folder, as the command does. */
export async function trainTiny(spec: RunSpec, options: TinyOptions = {}): Promise<TinyRun> {
  const out = options.out ?? (await temporaryFolder());
  const paths = runPaths(out, spec);
  const controller = new AbortController();
  let steps = 0;
  const session = tinySession(controller.signal, options);
  const runOptions: RunOptions = {
    out,
    force: options.force ?? false,
    onStart: () => {},
    onStep: () => {
      steps++;
      if (steps === options.stopAfter) controller.abort(new SmoothOutError('INTERRUPTED', 'stopped by the test'));
    },
    onEpoch: () => {},
  };
  return trainRun(session, spec, runOptions).then(
    (record) => ({ out, paths, record, error: null }),
    (error: unknown) => ({ out, paths, record: null, error }),
  );
}

/** All that a run has left that does not depend on the clock: equal results of equal runs. */
export async function resultsOf({ paths }: TinyRun) {
  const metrics = (await readMetrics(paths.metrics)).map(({ seconds: _, imagesPerSecond: __, ...rest }) => rest);
  return { metrics, best: await tensorsOf(paths.best), last: await tensorsOf(paths.last) };
}

/** Every tensor's bytes, as the digest in the file says. */
async function tensorsOf(path: string) {
  const { tensors, metadata } = await readSafetensors(path);
  return { names: Object.keys(tensors), sha256: metadata.sha256, epoch: metadata.epoch };
}

/** The parameters after the last epoch, by name. */
export async function parametersOf({ paths }: TinyRun): Promise<Record<string, Float32Array>> {
  const { tensors } = await readSafetensors(paths.last);
  return Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, data as Float32Array]));
}
