/** On SwiftShader: F1's and AlexNet's wide layers take it minutes, `npm run gpu-check -- --small` does them too. */
import { expect, test } from 'vitest';
import { createOnnxEngine } from '../../src/engine/onnx/engine.js';
import { describeOnSwiftShader } from '../../src/engine/testing/swiftshader.js';
import { deviations } from './agreement.js';
import { NETWORKS, smallTask } from './networks.js';

await describeOnSwiftShader('WebGPU', async () => {
  const { createWebGpuEngine } = await import('../../src/engine/onnx/webgpu.js');
  // An operator that only the CPU has a kernel for is an error here.
  const engine = await createWebGpuEngine({ mayFallBack: false });
  const cpu = createOnnxEngine();

  test.each([
    ['c1', 3],
    ['c3', 1],
    ['resnet44', 2],
  ])('%s: %d steps, evaluation and sharpness on WebGPU agree with the CPU to 1e-4', async (name, steps) => {
    const network = NETWORKS.find((one) => one.name === name)!;
    const found = await deviations(await smallTask(network, true), steps, engine, cpu);
    for (const [what, deviation] of Object.entries(found)) expect(deviation, what).toBeLessThan(1e-4);
  });
});
