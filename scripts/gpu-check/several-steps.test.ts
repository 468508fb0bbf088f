/** The graph that CUDA gets, run by the CPU. */
import { expect, test } from 'vitest';
import { createCudaEngine } from '../../src/engine/onnx/cuda.js';
import { NETWORKS, smallTask } from './networks.js';
import { severalSteps } from './several-steps.js';

test.each(['f1', 'c1', 'resnet44'])('%s: three training steps in one run are three training steps', async (name) => {
  const task = await smallTask(NETWORKS.find((network) => network.name === name)!, true);
  const steps = await severalSteps(await createCudaEngine('cpu'), task, 3);
  const [expected, actual] = [await steps.oneByOne(), await steps.inOneRun()];
  await steps.dispose();
  expect(Object.keys(actual).sort()).toEqual(['loss', 'parameters', 'statistics', 'velocity']);
  for (const [output, values] of Object.entries(expected)) {
    const scale = largest(Array.from(values));
    expect(scale, output).toBeGreaterThan(0);
    const differences = Array.from(values, (value, i) => value - actual[output]![i]!);
    expect(largest(differences) / scale, output).toBeLessThan(1e-6);
  }
});

const largest = (numbers: readonly number[]) => numbers.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
