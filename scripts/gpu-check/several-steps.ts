/** The step of a training as CUDA's `compileSteps` takes it: several in one run, their inputs stacked. */
import {
  type Engine,
  type HostArray,
  type Signature,
  sizeOf,
  type TensorFunction,
  type Value,
} from '../../src/engine/engine.js';
import type { CudaEngine } from '../../src/engine/onnx/cuda.js';
import { initialise } from '../../src/nn/weights.js';
import { fillUniform, integers } from '../../src/support/random.js';
import { trainingPrograms } from '../../src/training/programs.js';
import { buildLearner } from '../../src/training/setup.js';
import { freshOptimizerState } from '../../src/training/state.js';
import type { StepTask } from '../bench/protocol.js';

/** State before, or state after with the losses. */
type Arrays = Readonly<Record<string, HostArray>>;

export interface SeveralSteps {
  /** Each step by itself. */
  oneByOne(): Promise<Arrays>;
  /** All in one run. */
  inOneRun(): Promise<Arrays>;
  dispose(): Promise<void>;
}

/** So many steps of a task that is one pass a step, always from the same start. */
export async function severalSteps(engine: CudaEngine, task: StepTask, steps: number): Promise<SeveralSteps> {
  const { fn, signature, state } = await stepFunction(engine, task);
  const one = await engine.compile(fn, signature);
  const all = await engine.compileSteps(fn, signature, steps);
  const carried = Object.keys(signature).filter((name) => name in one.outputs);
  const drawn = Object.entries(signature).filter(([name]) => !carried.includes(name));
  const inputs = drawn.map(([name, { shape, dtype }], stream): [string, HostArray, number] => {
    const size = sizeOf(shape);
    return [name, numbers(name, steps * size, dtype, stream, task.classes), size];
  });
  return {
    async oneByOne() {
      let now: Arrays = state;
      const losses = new Float32Array(steps);
      for (let step = 0; step < steps; step++) {
        const part = inputs.map(([name, values, size]) => [name, values.subarray(step * size, (step + 1) * size)]);
        const results = (await one.run({ ...now, ...Object.fromEntries(part) })) as Record<string, HostArray>;
        losses[step] = results.loss![0]!;
        now = Object.fromEntries(carried.map((name) => [name, results[name]!]));
      }
      return { ...now, loss: losses };
    },
    async inOneRun() {
      const stacked = Object.fromEntries(inputs.map(([name, values]) => [name, values]));
      const { correct: _, ...results } = (await all.run({ ...state, ...stacked })) as Record<string, HostArray>;
      return results;
    },
    async dispose() {
      await one.dispose();
      await all.dispose();
    },
  };
}

/** What training compiles for the task, before it is compiled. */
async function stepFunction(engine: Engine, { spec, classes, shape }: StepTask) {
  const learner = buildLearner(spec, { classes, shape });
  let compiled: { fn: TensorFunction; signature: Signature } | undefined;
  const listening: Engine = {
    ...engine,
    async compile(fn, signature) {
      compiled = { fn, signature };
      return { outputs: {}, run: async (): Promise<Record<string, Value>> => ({}), dispose: async () => {} };
    },
  };
  await trainingPrograms(listening, learner).step(spec.batchSize);
  const weights = initialise(learner.model.layout, { seed: spec.seed, batchNormScale: 'one' });
  const start: Arrays = { ...weights, ...freshOptimizerState(learner) };
  const state = Object.fromEntries(Object.entries(start).filter(([name]) => name in compiled!.signature));
  return { ...compiled!, state };
}

/** Labels, numbers for dropout from [0, 1), small rates and noise, images from [−1, 1). */
function numbers(name: string, size: number, dtype: string, stream: number, classes: number): HostArray {
  if (dtype === 'int32') return Int32Array.from(integers({ seed: 1, purpose: 'test', chunk: stream }, size, classes));
  const [bound, centre] = name === 'images' ? [1, 0] : name === 'dropout' ? [0.5, 0.5] : [5e-4, 5e-4];
  return fillUniform({ seed: 1, purpose: 'test', chunk: stream }, new Float32Array(size), bound, centre);
}
