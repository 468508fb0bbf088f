/** In a file of its own: a process asks for its Vulkan drivers once. */
import { mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { createEngine } from './create.js';
import { findOnnxDevice } from './devices.js';
import { float } from './engine.js';
import { describeOnSwiftShader } from './testing/swiftshader.js';

await describeOnSwiftShader('--device webgpu', async () => {
  test('opens a driver of a name that says nothing of a device', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'smoothout-vulkan-'));
    const library = join(folder, 'libvulkan_new.so');
    await symlink('/usr/lib/chromium/libvk_swiftshader.so', library);
    process.env.VK_DRIVER_FILES = join(folder, 'new_icd.json');
    const manifest = { file_format_version: '1.0.0', ICD: { library_path: library, api_version: '1.1.0' } };
    await writeFile(process.env.VK_DRIVER_FILES, JSON.stringify(manifest));
    expect(await findOnnxDevice('webgpu')).toMatchObject({ available: false });
    const engine = await createEngine({ engine: 'onnx', device: 'webgpu' });
    const program = await engine.compile(({ x }) => ({ y: tf.mul(x, 2) }), { x: float(2) });
    expect(await program.run({ x: Float32Array.of(1, 2) })).toEqual({ y: Float32Array.of(2, 4) });
    await program.dispose();
    await engine.dispose();
  });
});
