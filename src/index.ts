/**
 * smoothout as a library: run a config, measure a checkpoint, use SmoothOut in a TensorFlow.js training of one's own, or
 * describe a network, a data set or a method for a config to name. Everything throws `SmoothOutError`s.
 */
import { resolve } from 'node:path';
import { DEFAULT_SETTINGS, measureSharpness, type SharpnessSettings } from './analysis/sharpness.js';
import { loadConfigs } from './config/load.js';
import { resolveAllRuns } from './config/resolve.js';
import type { OwnDataset } from './data/own.js';
import type { EngineChoice } from './engine/create.js';
import type { OwnNetwork } from './nn/networks.js';
import type { RunRecord } from './records/run-record.js';
import type { SharpnessMeasurement } from './records/sharpness-record.js';
import { openCheckpoint } from './session/checkpoint-file.js';
import { openSession, type Session } from './session/session.js';
import type { OwnMethod } from './smoothout/own.js';
import { prepareRuns, type RunEvents, trainRun } from './training/run.js';

export { minimize } from './lbfgsb/minimize.js';
export type { MinimizeOptions, MinimizeResult, ObjectiveFunction } from './lbfgsb/problem.js';
export { batchNorm } from './nn/batch-norm.js';
export * from './nn/layers.js';
export { buildLayout, type Layout } from './nn/layout.js';
export { adam } from './optim/adam.js';
export { momentum } from './optim/momentum.js';
export type { Optimizer, Update } from './optim/optimizer.js';
export { type Perturbed, smoothOutGradient, smoothOutStep } from './smoothout/algorithm.js';
export type { Method, Noise, NoisyMethod } from './smoothout/method.js';
export { filterAdaptivePerturbation, type Perturbation, uniformPerturbation } from './smoothout/perturbation.js';
export { SmoothOutError } from './support/errors.js';
export type { OwnDataset, OwnMethod, OwnNetwork, RunRecord, SharpnessMeasurement, SharpnessSettings };

export interface Options extends Partial<EngineChoice> {
  /** The folder of the data; SMOOTHOUT_DATA, then this installation's datasets folder unless given. */
  readonly data?: string;
  /** Stops what is under way, with everything saved. */
  readonly signal?: AbortSignal;
}

export interface RunConfigOptions extends Options, Partial<RunEvents> {
  /** The folder of results. */
  readonly out?: string;
  /** As `--set`: such as ['epochs=3', 'optimizer.learningRate=0.01']. */
  readonly set?: readonly string[];
  readonly seeds?: readonly number[];
  /** Labels or names of the config's methods; all of them unless given. */
  readonly methods?: readonly string[];
  /** Start over, whatever is there. */
  readonly force?: boolean;
}

/** `smoothout run`: trains what a config describes, resumes what is not finished, and returns the runs' records. */
export function runConfig(file: string, options: RunConfigOptions = {}): Promise<RunRecord[]> {
  const { out = 'results', set = [], seeds, methods, force = false } = options;
  const { onStart = () => {}, onStep = () => {}, onEpoch = () => {} } = options;
  return inSession(options, async (session) => {
    const selection = { ...(seeds && { seeds }), ...(methods && { methods }) };
    const specs = resolveAllRuns(
      (await loadConfigs(file, { set })).map((config) => [config, file] as const),
      selection,
    );
    await prepareRuns(session, specs);
    const records: RunRecord[] = [];
    for (const spec of specs)
      records.push(await trainRun(session, spec, { out: resolve(out), force, onStart, onStep, onEpoch }));
    return records;
  });
}

/** `smoothout sharpness`, without writing it down: the metric of a checkpoint that has its run's config.yaml beside it. */
export function measureCheckpoint(
  checkpoint: string,
  { settings = {}, ...options }: Options & { readonly settings?: Partial<SharpnessSettings> } = {},
): Promise<SharpnessMeasurement> {
  return inSession(options, async (session) =>
    measureSharpness(session, await openCheckpoint(session, checkpoint), {
      settings: { ...DEFAULT_SETTINGS, ...settings },
      check: false,
    }),
  );
}

async function inSession<T>(options: Options, use: (session: Session) => Promise<T>): Promise<T> {
  const { engine = 'onnx', device = 'auto', signal = new AbortController().signal, data, threads } = options;
  const session = await openSession({
    ...{ engine, device, signal },
    ...(data !== undefined && { data }),
    ...(threads !== undefined && { threads }),
  });
  return use(session).finally(session.dispose);
}
