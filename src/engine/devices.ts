/** What this machine has to compute with, found without computing anything. */
import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';

export interface DeviceReport {
  readonly engine: 'onnx' | 'tensorflow' | 'tfjs';
  readonly device: 'cpu' | 'webgpu' | 'cuda';
  readonly available: boolean;
  /** What it is, or what is missing and how to get it. */
  readonly detail: string;
}

export async function findDevices(): Promise<DeviceReport[]> {
  const { listSupportedBackends } = await import('onnxruntime-node');
  const backends = new Set(listSupportedBackends().map(({ name }) => name));
  return [
    { engine: 'onnx', device: 'cpu', available: backends.has('cpu'), detail: `${availableParallelism()} threads` },
    { engine: 'onnx', device: 'webgpu', ...(await webgpu(backends)) },
    { engine: 'onnx', device: 'cuda', ...(await cuda()) },
    { engine: 'tensorflow', ...tensorflow() },
    { engine: 'tfjs', device: 'cpu', available: true, detail: 'plain JavaScript: slow, for comparison' },
  ];
}

type Finding = Pick<DeviceReport, 'available' | 'detail'>;

const missing = (detail: string): Finding => ({ available: false, detail });

async function webgpu(backends: ReadonlySet<string>): Promise<Finding> {
  if (!backends.has('webgpu')) return missing('not part of onnxruntime-node on this platform');
  // Direct3D 12 and Metal belong to the system; Vulkan needs a loader and a driver.
  if (process.platform !== 'linux') return { available: true, detail: 'Direct3D 12 or Metal' };
  if ((await findLibrary('libvulkan.so.1')) === undefined) return missing('no libvulkan.so.1 (Debian: libvulkan1)');
  const drivers = await vulkanDrivers();
  if (drivers.length === 0) return missing('libvulkan.so.1, but no Vulkan driver');
  return { available: true, detail: `Vulkan: ${drivers.join(', ')}` };
}

async function cuda(): Promise<Finding> {
  const require = createRequire(import.meta.url);
  const folder = join(dirname(require.resolve('onnxruntime-node/package.json')), 'bin');
  const files = await readdir(folder, { recursive: true });
  if (!files.some((file) => /onnxruntime_providers_cuda\.(so|dll)$/.test(file))) {
    return missing(
      'no CUDA provider (npm rebuild onnxruntime-node --ignore-scripts=false --onnxruntime-node-install=cuda12)',
    );
  }
  for (const library of ['libcuda.so.1', 'libcudart.so.12', 'libcublas.so.12', 'libcudnn.so.9']) {
    if (process.platform === 'linux' && (await findLibrary(library)) === undefined) return missing(`no ${library}`);
  }
  return { available: true, detail: 'provider, driver, CUDA 12 and cuDNN 9' };
}

function tensorflow(): Omit<DeviceReport, 'engine'> {
  const require = createRequire(import.meta.url);
  for (const [name, device] of [
    ['@tensorflow/tfjs-node-gpu', 'cuda'],
    ['@tensorflow/tfjs-node', 'cpu'],
  ] as const) {
    try {
      require.resolve(`${name}/package.json`);
      return { device, available: true, detail: name };
    } catch {
      // The next one, then.
    }
  }
  return { device: 'cpu', ...missing('not installed (npm install @tensorflow/tfjs-node-gpu)') };
}

async function vulkanDrivers(): Promise<string[]> {
  const named = (process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES)?.split(':').filter(Boolean);
  if (named !== undefined) return named;
  const folders = ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d', '/usr/local/share/vulkan/icd.d'];
  const lists = await Promise.all(folders.map((folder) => readdir(folder).catch((): string[] => [])));
  return lists.flat().filter((name) => name.endsWith('.json'));
}

/** Where the dynamic linker would find the library: the usual places, as its cache has no documented format. */
async function findLibrary(name: string): Promise<string | undefined> {
  const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  const folders = [
    ...(process.env.LD_LIBRARY_PATH ?? '').split(':').filter(Boolean),
    ...[`/usr/lib/${machine}-linux-gnu`, `/lib/${machine}-linux-gnu`, '/usr/lib64', '/usr/lib', '/lib64', '/lib'],
    ...['/usr/local/lib', '/usr/local/cuda/lib64', '/usr/lib/wsl/lib'],
  ];
  for (const folder of folders) {
    const names = await readdir(folder).catch((): string[] => []);
    if (names.includes(name)) return join(folder, name);
  }
  return undefined;
}
