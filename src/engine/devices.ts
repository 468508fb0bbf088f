/** What this machine has to compute with, found without computing anything. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { reasonOf, SmoothOutError } from '../support/errors.js';
import { findLibrary } from './libraries.js';
import { loadLibrary } from './onnx/library.js';
import { vulkanDrivers } from './vulkan.js';

export interface DeviceReport {
  readonly engine: 'onnx' | 'tensorflow' | 'tfjs';
  readonly device: 'cpu' | 'webgpu' | 'cuda';
  readonly available: boolean;
  /** What it is, or what is missing and how to get it. */
  readonly detail: string;
  /** Why `--device auto` passes it over, in few words; null where it does not. */
  readonly drawback: string | null;
}

/** Finds the devices of every engine. It loads TensorFlow's library, which takes a second: nothing less says whether that can be done. */
export async function findDevices(): Promise<DeviceReport[]> {
  return [
    ...(await findOnnxDevices()),
    { engine: 'tensorflow', ...(await tensorflow()) },
    { engine: 'tfjs', device: 'cpu', ...ready('plain JavaScript: slow, for comparison') },
  ];
}

/** Finds the devices of the default engine. */
export function findOnnxDevices(): Promise<DeviceReport[]> {
  return Promise.all((['cpu', 'webgpu', 'cuda'] as const).map(findOnnxDevice));
}

/** A device of the default engine. */
export async function findOnnxDevice(device: DeviceReport['device']): Promise<DeviceReport> {
  return { engine: 'onnx', device, ...(await onnx(device)) };
}

async function onnx(device: DeviceReport['device']): Promise<Finding> {
  let hasWebGpu: boolean;
  try {
    const backends = loadLibrary().listSupportedBackends();
    hasWebGpu = backends.some(({ name }) => name === 'webgpu');
  } catch (error) {
    return missing(
      `onnxruntime-node does not load: ${reasonOf(error)}`,
      'on Linux it needs glibc 2.28 or later, not musl, and libstdc++; npm ci installs it; without it: --engine tfjs, slow',
    );
  }
  if (device === 'cpu') return ready(`${availableParallelism()} threads`);
  if (device === 'cuda') return cuda();
  return hasWebGpu ? webgpu() : missing('not part of onnxruntime-node on this platform');
}

type Finding = Pick<DeviceReport, 'available' | 'detail' | 'drawback'>;

const ready = (detail: string): Finding => ({ available: true, detail, drawback: null });

const missing = (what: string, remedy?: string): Finding => {
  return { available: false, detail: remedy ? `${what} (${remedy})` : what, drawback: what };
};

async function webgpu(): Promise<Finding> {
  if (process.platform === 'darwin') return ready('Metal');
  if (process.platform === 'win32') {
    // Windows has a software renderer that Dawn may be given where there is no GPU.
    return { available: true, detail: 'Direct3D 12', drawback: 'not known to be a GPU' };
  }
  if ((await findLibrary('libvulkan.so.1')) === undefined) return missing('no libvulkan.so.1', 'Debian: libvulkan1');
  const drivers = await vulkanDrivers();
  const of = (kind: string) => drivers.filter((driver) => driver.kind === kind).map(({ path }) => basename(path));
  if (of('gpu').length > 0) return ready(`Vulkan: ${of('gpu').join(', ')}`);
  const software = of('software');
  if (software.length === 0) return missing('no Vulkan driver that has a GPU here');
  return { available: true, detail: `Vulkan: ${software.join(', ')}, software`, drawback: 'a software driver' };
}

const require = createRequire(import.meta.url);

/** What CUDA 12's provider links to, besides NVIDIA's driver. */
const CUDA_LIBRARIES = ['libcuda.so.1', 'libcudart.so.12', 'libcublasLt.so.12', 'libcufft.so.11', 'libcudnn.so.9'];

async function cuda(): Promise<Finding> {
  if (`${process.platform} ${process.arch}` !== 'linux x64') return missing('CUDA needs Linux on x64');
  const packageFolder = dirname(require.resolve('onnxruntime-node/package.json'));
  const provider = join(packageFolder, 'bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so');
  if (!existsSync(provider)) {
    const script = relative(process.cwd(), join(packageFolder, 'script/install.js'));
    return missing('no CUDA provider', `ONNXRUNTIME_NODE_INSTALL=cuda12 node ${script}`);
  }
  for (const library of CUDA_LIBRARIES) {
    if ((await findLibrary(library)) === undefined) return missing(`no ${library}`, 'docs/gpu.md');
  }
  return ready('provider, driver, CUDA 12 and cuDNN 9');
}

async function tensorflow(): Promise<Finding & Pick<DeviceReport, 'device'>> {
  const { loadTensorFlow } = await import('./tensorflow.js');
  try {
    const { device, packageName, version } = await loadTensorFlow();
    return { device, ...ready(`TensorFlow ${version} in ${packageName}`) };
  } catch (error) {
    if (!(error instanceof SmoothOutError)) throw error;
    return { device: 'cpu', ...missing(error.message, error.hint) };
  }
}
