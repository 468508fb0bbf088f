/**
 * smoothout as a library: run a config, measure a checkpoint, use SmoothOut in a TensorFlow.js training of one's own, or
 * describe a network, a data set or a method for a config to name (examples/ has one of each). What goes wrong because of
 * settings, files or the machine is thrown as a `SmoothOutError`.
 */
import { resolve } from 'node:path';
import { measureSharpness, type SharpnessSettings } from './analysis/sharpness.js';
import { type Plan, planRuns } from './config/resolve.js';
import { checkOptions, measureCheckpointOptions, runConfigOptions } from './library-options.js';
import type { RunRecord } from './records/run-record.js';
import type { SharpnessMeasurement } from './records/sharpness-record.js';
import { openCheckpoint } from './session/checkpoint-file.js';
import { openSession, type Session, type SessionOptions } from './session/session.js';
import { prepareRuns, type RunEvents, trainRun } from './training/run.js';

export type { Plan } from './config/resolve.js';
export type { OwnDataset, OwnImages } from './data/own.js';
export type { EngineChoice } from './engine/create.js';
export type { NamedTensors } from './engine/engine.js';
export { minimize } from './lbfgsb/minimize.js';
export type {
  IterationReport,
  MinimizeOptions,
  MinimizeResult,
  MinimizeStatus,
  ObjectiveFunction,
} from './lbfgsb/problem.js';
export { batchNorm } from './nn/batch-norm.js';
export {
  type Convolution,
  chain,
  channelsLast,
  conv2d,
  type DropoutDeclaration,
  dropout,
  flattenChannelsFirst,
  flattenImages,
  globalAveragePool,
  type ImageShape,
  type Layer,
  linear,
  type Mode,
  type Module,
  maxPool3x3Stride2,
  type Pass,
  relu,
  sequential,
} from './nn/layers.js';
export {
  buildLayout,
  type Initialiser,
  type Layout,
  type ParameterDeclaration,
  type ParameterRole,
  type ParameterSlot,
  type StatisticDeclaration,
  type StatisticSlot,
} from './nn/layout.js';
export type { BuildOptions, OwnNetwork } from './nn/networks.js';
export { type AdamOptions, adam } from './optim/adam.js';
export { momentum } from './optim/momentum.js';
export type { Optimizer, Update } from './optim/optimizer.js';
export type { EpochProgress } from './records/checkpoint-place.js';
export type { EpochMetrics } from './records/metrics.js';
export { type Perturbed, smoothOutGradient, smoothOutStep } from './smoothout/algorithm.js';
export type {
  Drawn,
  Given,
  Method,
  MethodResult,
  Noise,
  NoisyMethod,
  PassResult,
  QuietMethod,
} from './smoothout/method.js';
export type { OwnMethod, OwnMethodSettings } from './smoothout/own.js';
export {
  filterAdaptivePerturbation,
  type NoiseSchedule,
  type Perturbation,
  type PerturbedParameters,
  uniformPerturbation,
} from './smoothout/perturbation.js';
export { type ErrorCode, SmoothOutError } from './support/errors.js';
export type { RunStart } from './training/run.js';
export type { RunEvents, RunRecord, SharpnessMeasurement, SharpnessSettings };

/** What computes (`onnx` on `auto` unless given), where the data is, what stops it, and who is told of what is odd. */
export type Options = Partial<SessionOptions>;

/** Which runs of a config (all of them unless given), with what is changed of it, and who is told how they go on. */
export interface RunConfigOptions extends Options, Plan, Partial<RunEvents> {
  /** The folder of results: `results` unless given. */
  readonly out?: string;
  /** Start over, whatever is there. */
  readonly force?: boolean;
}

/**
 * `smoothout run`: trains what a config describes one run after another, resumes what is not finished, and returns the
 * records of all of them in the config's order.
 *
 * @param file the path of a config
 * @throws SmoothOutError before any run starts for a wrong config (CONFIG_INVALID), options that are wrong or do not fit it (USAGE) and
 * data that is missing or corrupt (DATA_MISSING, DATA_CORRUPT); after that for the first run that fails, which its record
 * says too. Once `signal` is aborted and the run is saved, its reason is thrown.
 */
export async function runConfig(file: string, options: RunConfigOptions = {}): Promise<RunRecord[]> {
  checkOptions('runConfig', runConfigOptions, options);
  const { out = 'results', force = false, onNotice = () => {} } = options;
  const { onStart = () => {}, onStep = () => {}, onEpoch = () => {} } = options;
  const specs = await planRuns([file], options);
  return inSession(options, async (session) => {
    await prepareRuns(session, specs);
    const records: RunRecord[] = [];
    for (const spec of specs) {
      records.push(await trainRun(session, spec, { out: resolve(out), force, onNotice, onStart, onStep, onEpoch }));
    }
    return records;
  });
}

/**
 * `smoothout sharpness`, without writing it down: the (C_ε, A)-sharpness, in percent, of the loss at a checkpoint.
 *
 * @param checkpoint the path of a safetensors file that has the config.yaml of its run beside it
 * @throws SmoothOutError CHECKPOINT_INVALID for a file that is damaged, does not fit its config or has no finite loss;
 * CONFIG_INVALID for that config; DATA_MISSING and DATA_CORRUPT for the run's data; USAGE for options that are wrong and for
 * a subspace that memory is too small for.
 */
export async function measureCheckpoint(
  checkpoint: string,
  options: Options & { readonly settings?: Partial<SharpnessSettings> } = {},
): Promise<SharpnessMeasurement> {
  const { settings } = checkOptions('measureCheckpoint', measureCheckpointOptions, options);
  return inSession(options, async (session) =>
    measureSharpness(session, await openCheckpoint(session, checkpoint), { ...settings, check: false }),
  );
}

async function inSession<T>(options: Options, use: (session: Session) => Promise<T>): Promise<T> {
  const { engine = 'onnx', device = 'auto', signal = new AbortController().signal } = options;
  const session = await openSession({ ...options, engine, device, signal });
  return use(session).finally(session.dispose);
}
