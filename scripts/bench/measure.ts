/** One measurement: the processes it needs, rounds in turn, medians. */
import { type ModelName, networkRow } from '../../src/nn/networks.js';
import { alternate, type Contender, median, type Rounds } from './alternate.js';
import { fastestAsInstalled, fastestOfAll } from './fastest.js';
import { gradientTask, type Measurement, STEP_METHODS, stepTask, trialOf } from './measurements.js';
import type { Task } from './protocol.js';
import { describe, type PyTorch, startPyTorch } from './pytorch.js';
import { type Side, SideEnded, startOurs } from './side.js';

/** How fast something was: images a second, or GFLOP/s for the matrix product. */
export interface Speed {
  /** Of each round. */
  readonly rounds: readonly number[];
  readonly median: number;
}

interface OpponentsSpeed extends Speed {
  readonly peakBytes: number | null;
  /** What it was and how it was set up. */
  readonly setting: string;
}

export interface Result extends Measurement {
  readonly date: string;
  readonly ours: Speed & {
    readonly peakBytes: number | null;
    readonly compileSeconds: number | null;
  };
  /** Our baseline in the same rounds, for the methods. */
  readonly baseline: Speed | null;
  /** The fastest opponent there is. */
  readonly pytorch: OpponentsSpeed | null;
  /** PyTorch as it is installed, for steps of the baseline and for gradients. */
  readonly installed: OpponentsSpeed | null;
  /** `--engine tensorflow`, for the same. */
  readonly tensorflow: OpponentsSpeed | null;
  /** Floating-point operations an image; 0 for the product, whose speed is given in them. */
  readonly operations: number;
  /** The best product of the same run, GFLOP/s; null for the product itself. */
  readonly peak: number | null;
}

const PRODUCT_SIZE = 2048;

export interface Opponents {
  /** The first is the one that "as installed" is about. */
  readonly pytorches: readonly PyTorch[];
  /** The version of TensorFlow's library; null where there is none. */
  readonly tensorflow: string | null;
}

export interface MeasureOptions extends Rounds, Opponents {
  readonly peak: number | null;
}

interface Opponent {
  readonly setting: string;
  readonly side: Side;
}

/** Where all sides together do not fit into the memory, the system ends the largest, TensorFlow: the others are measured again. */
export async function measure(measurement: Measurement, options: MeasureOptions): Promise<Result> {
  try {
    return await measureBeside(measurement, options);
  } catch (error) {
    if (!(error instanceof SideEnded) || options.tensorflow === null) throw error;
    console.error(`${measurement.name}: again without TensorFlow, as ${error.message}`);
    return measureBeside(measurement, { ...options, tensorflow: null });
  }
}

async function measureBeside(measurement: Measurement, options: MeasureOptions): Promise<Result> {
  const { pytorches, tensorflow, peak, ...rounds } = options;
  const { task, baseline, amount, network } = await taskOf(measurement);
  const { name } = measurement;
  const isMethod = measurement.kind === 'method';
  const opponents = await startOpponents(measurement, trialOf(baseline), { pytorches, tensorflow });
  const ours = startOurs();
  try {
    const contenders: Contender[] = [];
    if (isMethod) {
      await ours.prepare('baseline', baseline);
      contenders.push({ side: ours, name: 'baseline' });
    }
    const { seconds: compileSeconds } = await ours.prepare(name, task);
    contenders.push({ side: ours, name });
    for (const { side } of Object.values(opponents)) {
      await side.prepare(name, task);
      contenders.push({ side, name });
    }
    const speeds = (await alternate(contenders, rounds)).map((seconds) => speedOf(seconds, amount));
    const baselineSpeed = isMethod ? speeds.shift()! : null;
    const ourSpeed = speeds.shift()!;
    // Two programs are loaded where a method is compared with the baseline: their memory says nothing about either.
    const peakBytesOf = async (side: Side) => (isMethod ? null : (await side.memory()).bytes);
    const found: Partial<Record<keyof typeof opponents, OpponentsSpeed>> = {};
    for (const [role, { side, setting }] of Object.entries(opponents)) {
      found[role as keyof typeof opponents] = { ...speeds.shift()!, setting, peakBytes: await peakBytesOf(side) };
    }
    return {
      ...measurement,
      date: new Date().toISOString().slice(0, 10),
      baseline: baselineSpeed,
      ours: {
        ...ourSpeed,
        peakBytes: await peakBytesOf(ours),
        compileSeconds: measurement.kind === 'step' ? compileSeconds : null,
      },
      pytorch: fastest(Object.values(found)),
      installed: found.installed ?? null,
      tensorflow: found.tensorflow ?? null,
      operations: network === null ? 0 : operationsPerImage(network),
      peak,
    };
  } finally {
    for (const side of [ours, ...Object.values(opponents).map((opponent) => opponent.side)]) await side.close();
  }
}

async function startOpponents({ kind }: Measurement, trial: Task, { pytorches, tensorflow }: Opponents) {
  const opponents: { best?: Opponent; installed?: Opponent; tensorflow?: Opponent } = {};
  const [first] = pytorches;
  if (first) {
    const setup = await fastestOfAll(pytorches, trial);
    opponents.best = { setting: describe(setup), side: startPyTorch(setup) };
  }
  if (kind !== 'step' && kind !== 'gradient') return opponents;
  if (first) {
    const setup = await fastestAsInstalled(first, trial);
    opponents.installed = { setting: describe(setup), side: startPyTorch(setup) };
  }
  if (tensorflow !== null) {
    opponents.tensorflow = { setting: `TensorFlow ${tensorflow}`, side: startOurs('tensorflow') };
  }
  return opponents;
}

function fastest(speeds: readonly OpponentsSpeed[]): OpponentsSpeed | null {
  return speeds.toSorted((a, b) => b.median - a.median)[0] ?? null;
}

interface Measured {
  readonly task: Task;
  /** Without the method's noise: thread settings are tried on it. */
  readonly baseline: Task;
  /** Images that one time takes, or billions of operations. */
  readonly amount: number;
  readonly network: ModelName | null;
}

async function taskOf({ name, kind }: Measurement): Promise<Measured> {
  if (kind === 'product') {
    const task = { kind, size: PRODUCT_SIZE };
    return { task, baseline: task, amount: (2 * PRODUCT_SIZE ** 3) / 1e9, network: null };
  }
  if (kind === 'gradient') {
    const task = await gradientTask(name);
    return { task, baseline: task, amount: task.images, network: task.spec.model };
  }
  const method = STEP_METHODS.find((method) => name.endsWith(`-${method}`)) ?? 'baseline';
  const task = await stepTask(name, method);
  const { spec } = task;
  return { task, baseline: await stepTask(name, 'baseline'), amount: spec.batchSize, network: spec.model };
}

/**
 * Of a loss and its gradient, for each image: the forward pass, the gradient with respect to the weights and that with
 * respect to each layer's input but the first, since nobody asks for the images'. A multiplication and an addition each.
 */
function operationsPerImage(network: ModelName): number {
  const { all, first } = networkRow(network).multiplyAdds ?? { all: 0, first: 0 };
  return 2 * (3 * all - first);
}

function speedOf(seconds: readonly number[], amount: number): Speed {
  const rounds = seconds.map((each) => Number((amount / each).toPrecision(5)));
  return { rounds, median: median(rounds) };
}
