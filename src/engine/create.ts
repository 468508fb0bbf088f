/** Chooses an engine by the names the command line uses; each is loaded only when it is asked for. */
import { availableParallelism } from 'node:os';
import { SmoothOutError } from '../support/errors.js';
import { type DeviceReport, findOnnxDevice, findOnnxDevices } from './devices.js';
import type { Engine } from './engine.js';

export interface EngineChoice {
  readonly engine: 'onnx' | 'tensorflow' | 'tfjs';
  readonly device: 'auto' | 'cpu' | 'webgpu' | 'cuda';
  /** How many threads one operation on the CPU uses; unless given, as many as this process may. */
  readonly threads?: number;
}

export interface ChosenEngine extends Engine {
  /** What `--device auto` chose and why, in one line. */
  readonly reason?: string;
}

type Device = Engine['device'];

const DEVICES: Readonly<Record<EngineChoice['engine'], readonly Device[]>> = {
  onnx: ['cpu', 'webgpu', 'cuda'],
  tensorflow: ['cpu', 'cuda'],
  tfjs: ['cpu'],
};

/** Fastest first. */
const PREFERENCE: readonly Device[] = ['cuda', 'webgpu', 'cpu'];

/** @throws SmoothOutError USAGE for a device that the engine does not have, ENGINE_UNAVAILABLE for one not to be had here. */
export async function createEngine({ engine, device, threads }: EngineChoice): Promise<ChosenEngine> {
  const has: readonly string[] | undefined = DEVICES[engine];
  if (!has) throw new SmoothOutError('USAGE', `--engine ${engine}: expected ${Object.keys(DEVICES).join(', ')}`);
  if (device !== 'auto' && !has.includes(device)) {
    throw new SmoothOutError('USAGE', `--engine ${engine} has no --device ${device}: expected auto, ${has.join(', ')}`);
  }
  if (engine === 'tfjs') return (await import('./eager.js')).createEagerEngine();
  if (engine === 'tensorflow') {
    // TensorFlow reads it as it is loaded.
    if (threads !== undefined) process.env.TF_NUM_INTRAOP_THREADS = String(threads);
    const { createTensorFlowEngine } = await import('./tensorflow.js');
    return createTensorFlowEngine(device === 'auto' ? undefined : (device as 'cpu' | 'cuda'));
  }
  const openDevice = (chosen: Device) => open(chosen, threads);
  return device === 'auto' ? fastest(await findOnnxDevices(), openDevice) : openDevice(device);
}

/**
 * The first device of `PREFERENCE` that is here and opens.
 * @param reports what `findOnnxDevices` found.
 */
export async function fastest(
  reports: readonly DeviceReport[],
  openDevice: (device: Device) => Promise<Engine>,
): Promise<ChosenEngine> {
  const passed: string[] = [];
  for (const device of PREFERENCE) {
    const report = reports.find((one) => one.device === device)!;
    try {
      if (report.drawback !== null)
        throw new SmoothOutError('ENGINE_UNAVAILABLE', report.drawback, { hint: report.detail });
      const engine = await openDevice(device);
      const others = passed.length > 0 ? `; ${passed.join('; ')}` : '';
      return { ...engine, reason: `computing on ${device}: ${report.detail}${others}` };
    } catch (error) {
      if (device === 'cpu' || !(error instanceof SmoothOutError)) throw error;
      passed.push(`not on ${device}: ${error.message}`);
    }
  }
  throw new Error('the list of devices ends with the CPU');
}

async function open(device: Device, threads = availableParallelism()): Promise<Engine> {
  const { available, detail, drawback } = await findOnnxDevice(device);
  const unavailable = (cause?: unknown) =>
    new SmoothOutError('ENGINE_UNAVAILABLE', `--device ${device}: ${drawback}`, { hint: detail, cause });
  if (device === 'webgpu' && (await findOnnxDevice('cpu')).available) {
    // A driver that is not known by its name may have a GPU all the same: only opening it says.
    const { createWebGpuEngine } = await import('./onnx/webgpu/engine.js');
    return createWebGpuEngine().catch((error: unknown) => {
      throw available ? error : unavailable(error);
    });
  }
  if (!available) throw unavailable();
  if (device === 'cpu') return (await import('./onnx/cpu/engine.js')).createOnnxEngine({ threads });
  return (await import('./onnx/cuda/engine.js')).createCudaEngine('cuda', threads);
}
