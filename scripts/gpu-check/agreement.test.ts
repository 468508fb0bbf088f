import { expect, test } from 'vitest';
import { createOnnxEngine } from '../../src/engine/onnx/cpu/engine.js';
import { createCudaEngine } from '../../src/engine/onnx/cuda/engine.js';
import { createTensorFlowEngine } from '../../src/engine/tensorflow.js';
import { describeOnSwiftShader } from '../../src/engine/testing/swiftshader.js';
import { describeOnTensorFlow } from '../../src/engine/testing/tensorflow.js';
import { deviations } from './agreement.js';
import { NETWORKS, smallTask } from './networks.js';

// F1's wide layers take SwiftShader minutes, AlexNet's a minute a step: `npm run gpu-check -- --small` does them too.
await describeOnSwiftShader('WebGPU', async () => {
  const { createWebGpuEngine } = await import('../../src/engine/onnx/webgpu/engine.js');
  // An operator that only the CPU has a kernel for is an error here.
  const engine = await createWebGpuEngine({ mayFallBack: false });
  const cpu = createOnnxEngine();

  test.each([
    ['c1', 3],
    ['c3', 1],
    ['resnet44', 2],
  ])('%s: %d steps, evaluation and sharpness on WebGPU agree with the CPU to 1e-4', async (name, steps) => {
    const found = await deviations(await smallTask(networkNamed(name), true), steps, engine, cpu);
    for (const [what, deviation] of Object.entries(found)) expect(deviation, what).toBeLessThan(1e-4);
  });
});

await describeOnTensorFlow('TensorFlow', async () => {
  const tensorflow = await createTensorFlowEngine();

  test.each(['f1', 'c1', 'c3', 'resnet44'])(
    '%s: two steps, evaluation and sharpness in TensorFlow agree with the default engine to 1e-4',
    async (name) => {
      const found = await deviations(await smallTask(networkNamed(name), true), 2, tensorflow, createOnnxEngine());
      for (const [what, deviation] of Object.entries(found)) expect(deviation, what).toBeLessThan(1e-4);
    },
  );
});

test.each(['f1', 'c1', 'c3', 'resnet44'])(
  '%s: three steps of what CUDA gets, in as few runs as it can, agree with three on the CPU',
  async (name) => {
    const task = await smallTask(networkNamed(name), true);
    const found = await deviations(task, 3, await createCudaEngine('cpu'), createOnnxEngine());
    for (const [what, deviation] of Object.entries(found)) expect(deviation, what).toBeLessThan(1e-5);
  },
);

test('the CPU agrees with itself to the bit, and with parameters off by 1e-6 about as far as that', async () => {
  const [task, cpu] = [await smallTask(networkNamed('c1'), true), createOnnxEngine()];
  expect(Object.values(await deviations(task, 2, cpu, cpu)).every((deviation) => deviation === 0)).toBe(true);
  const { parameters, trainingLoss } = await deviations(task, 2, cpu, cpu, 1e-6);
  expect(parameters).toBeGreaterThan(1e-7);
  expect(parameters).toBeLessThan(1e-5);
  expect(trainingLoss).toBeGreaterThan(0);
});

function networkNamed(name: string) {
  return NETWORKS.find((network) => network.name === name)!;
}
