/** On SwiftShader, a software Vulkan driver: every number, but nothing about speed. */
import { CASES } from '../../testing/cases/index.js';
import { describeConformance } from '../../testing/conformance.js';
import { describeContract } from '../../testing/contract.js';
import { describeOnSwiftShader } from '../../testing/swiftshader.js';

/** Cases that WebGPU, ONNX Runtime 1.30 or the driver does not keep to. */
const FAULTS: Readonly<Record<string, string>> = {
  'elementwise: sin': 'SwiftShader: Vulkan allows an error of 2⁻¹¹',
  'elementwise: cos': 'SwiftShader: Vulkan allows an error of 2⁻¹¹',
  'elementwise: NaN, infinities and zeros': 'WebGPU lets a driver suppose that there are none',
  'elementwise: pow, broadcast': 'Pow ends in an exception for some shapes that broadcast',
  'elementwise: pow, transposed': 'Pow ends in an exception for some shapes that broadcast',
};

/** Left out for the time they take: a shader for each shape, or forms that only the CPU's kernels tell apart. */
const EXPENSIVE = /^layout: random|large, tall|, (1[6-9]|2\d)×\d+×\d+×\d+ →|in blocks|over every subset/;

/** Refused: webgpu-kernels.ts. */
const REFUSED = /^convolution: depthwise .* multiplier [23]/;

const skip = Object.fromEntries(
  CASES.filter(({ name }) => EXPENSIVE.test(name) || REFUSED.test(name)).map(({ name }) => [name, 'see above']),
);

await describeOnSwiftShader('WebGPU', async () => {
  const { createWebGpuEngine } = await import('./engine.js');
  const engine = await createWebGpuEngine();
  describeConformance('the onnx engine on WebGPU', engine, { skip: { ...skip, ...FAULTS } });
  describeContract('the onnx engine on WebGPU', engine);
});
