/** One measurement: the processes it needs, rounds in turn, medians. */

import type { ModelName } from '../../src/nn/networks.js';
import { alternate, type Contender, median, type Rounds } from './alternate.js';
import { gradientTask, type Measurement, STEP_METHODS, stepTask, trialOf } from './measurements.js';
import { operationsPerImage } from './operations.js';
import type { Task } from './protocol.js';
import { type ChosenSide, type PyTorch, startFastest } from './pytorch.js';
import { startOurs } from './side.js';

/** How fast something was: images a second, or GFLOP/s for the matrix product. */
export interface Speed {
  /** Of each round. */
  readonly rounds: readonly number[];
  readonly median: number;
}

interface PyTorchSpeed extends Speed {
  readonly peakBytes: number | null;
  /** Of threads. */
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
  /** With tuned memory. */
  readonly pytorch: PyTorchSpeed | null;
  /** As it is installed, for steps of the baseline and for gradients. */
  readonly installed: PyTorchSpeed | null;
  /** Floating-point operations an image; 0 for the product, whose speed is given in them. */
  readonly operations: number;
  /** The best product of the same run, GFLOP/s; null for the product itself. */
  readonly peak: number | null;
}

const PRODUCT_SIZE = 2048;

export interface MeasureOptions extends Rounds {
  readonly pytorch: PyTorch | null;
  readonly peak: number | null;
}

export async function measure(measurement: Measurement, options: MeasureOptions): Promise<Result> {
  const { pytorch, peak, ...rounds } = options;
  const { task, baseline, amount, network } = await taskOf(measurement);
  const theirs = pytorch && (await startFastest(pytorch, trialOf(baseline), 'tuned'));
  const hasInstalled = pytorch && (measurement.kind === 'step' || measurement.kind === 'gradient');
  const installed = hasInstalled ? await startFastest(pytorch, trialOf(baseline), 'installed') : null;
  const ours = startOurs();
  try {
    const contenders: Contender[] = [];
    if (measurement.kind === 'method') {
      await ours.prepare('baseline', baseline);
      contenders.push({ side: ours, name: 'baseline' });
    }
    const { seconds: compileSeconds } = await ours.prepare(measurement.name, task);
    contenders.push({ side: ours, name: measurement.name });
    for (const each of [theirs, installed]) {
      await each?.side.prepare(measurement.name, task);
      if (each) contenders.push({ side: each.side, name: measurement.name });
    }
    const found = await alternate(contenders, rounds);
    const speeds = found.map((seconds) => speedOf(seconds, amount));
    // Two programs are loaded where a method is compared with the baseline: their memory says nothing about either.
    const hasMemory = measurement.kind !== 'method';
    return {
      ...measurement,
      date: new Date().toISOString().slice(0, 10),
      baseline: measurement.kind === 'method' ? speeds.shift()! : null,
      ours: {
        ...speeds.shift()!,
        peakBytes: hasMemory ? (await ours.memory()).bytes : null,
        compileSeconds: measurement.kind === 'step' ? compileSeconds : null,
      },
      pytorch: theirs && { ...speeds.shift()!, ...(await describe(theirs, hasMemory)) },
      installed: installed && { ...speeds.shift()!, ...(await describe(installed, hasMemory)) },
      operations: network === null ? 0 : operationsPerImage(network),
      peak,
    };
  } finally {
    await ours.close();
    await theirs?.side.close();
    await installed?.side.close();
  }
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
  const memoryFormat = kind === 'channelsLast' ? 'channels_last' : 'contiguous';
  const method = STEP_METHODS.find((method) => name.endsWith(`-${method}`)) ?? 'baseline';
  const { spec, ...rest } = await stepTask(name, method);
  const baseline = { ...(await stepTask(name, 'baseline')), memoryFormat } as const;
  const task = { ...rest, spec, memoryFormat } as const;
  return { task, baseline, amount: spec.batchSize, network: spec.model };
}

function speedOf(seconds: readonly number[], amount: number): Speed {
  const rounds = seconds.map((each) => Number((amount / each).toPrecision(5)));
  return { rounds, median: median(rounds) };
}

async function describe({ side, setting }: ChosenSide, hasMemory: boolean) {
  return { setting, peakBytes: hasMemory ? (await side.memory()).bytes : null };
}
