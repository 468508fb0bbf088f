/** Tests of the WebGPU device on SwiftShader, the software Vulkan driver that comes with Debian's `chromium`. */
import { existsSync } from 'node:fs';
import { describe, test } from 'vitest';

const DRIVER = '/usr/lib/chromium/vk_swiftshader_icd.json';
const LOADERS = ['/usr/lib/x86_64-linux-gnu/libvulkan.so.1', '/usr/lib/aarch64-linux-gnu/libvulkan.so.1'];

/** Whether the driver is here; if so, it is the only one that a Vulkan instance made from now on finds. */
export function useSwiftShader(): boolean {
  if (!existsSync(DRIVER) || !LOADERS.some(existsSync)) return false;
  process.env.VK_DRIVER_FILES = DRIVER;
  return true;
}

/** Declares tests that compute on SwiftShader, or one that says why they are skipped. */
export async function describeOnSwiftShader(name: string, declare: () => Promise<void>): Promise<void> {
  if (useSwiftShader()) await declare();
  else describe(name, () => test.skip(`needs SwiftShader (Debian: chromium and libvulkan1)`, () => {}));
}
