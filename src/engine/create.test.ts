import { describe, expect, test } from 'vitest';
import { SmoothOutError } from '../support/errors.js';
import { createEngine, fastest } from './create.js';
import { type DeviceReport, findDevices } from './devices.js';
import { createEagerEngine } from './eager.js';
import type { Engine } from './engine.js';

const report = (device: Engine['device'], drawback: string | null = null): DeviceReport => ({
  engine: 'onnx',
  device,
  available: drawback === null,
  detail: `the ${device} here`,
  drawback,
});

const opens = async (device: Engine['device']): Promise<Engine> => ({ ...createEagerEngine(), device });

describe('--device auto', () => {
  test('prefers CUDA, then WebGPU, and says why', async () => {
    const all = [report('cpu'), report('webgpu'), report('cuda')];
    expect(await fastest(all, opens)).toMatchObject({ device: 'cuda', reason: 'computing on cuda: the cuda here' });
    const without = [report('cpu'), report('webgpu'), report('cuda', 'no CUDA provider')];
    expect(await fastest(without, opens)).toMatchObject({
      device: 'webgpu',
      reason: 'computing on webgpu: the webgpu here; not on cuda: no CUDA provider',
    });
  });

  test('never opens a software driver', async () => {
    const reports = [
      report('cpu'),
      { ...report('webgpu', 'a software driver'), available: true },
      report('cuda', 'none'),
    ];
    const opened: string[] = [];
    const engine = await fastest(reports, async (device) => {
      opened.push(device);
      return opens(device);
    });
    expect(engine.reason).toBe('computing on cpu: the cpu here; not on cuda: none; not on webgpu: a software driver');
    expect(opened).toEqual(['cpu']);
  });

  test('passes over what does not open', async () => {
    const engine = await fastest([report('cpu'), report('webgpu'), report('cuda')], async (device) => {
      if (device === 'cpu') return opens(device);
      throw new SmoothOutError('ENGINE_UNAVAILABLE', 'it does not open');
    });
    expect(engine.reason).toBe(
      'computing on cpu: the cpu here; not on cuda: it does not open; not on webgpu: it does not open',
    );
  });

  test('a fault of the program is no reason to pass a device over', async () => {
    const broken = async () => {
      throw new TypeError('a fault');
    };
    await expect(fastest([report('cpu'), report('webgpu'), report('cuda')], broken)).rejects.toThrow('a fault');
  });

  test('finds a device on this machine', async () => {
    const engine = await createEngine({ engine: 'onnx', device: 'auto' });
    expect(engine.reason).toMatch(/^computing on (cpu|webgpu|cuda): /);
    await engine.dispose();
  });
});

describe('a device that is asked for', () => {
  test.each([
    ['tfjs', 'webgpu', '--engine tfjs has no --device webgpu: expected auto, cpu'],
    ['tfjs', 'cuda', '--engine tfjs has no --device cuda: expected auto, cpu'],
    ['tensorflow', 'webgpu', '--engine tensorflow has no --device webgpu: expected auto, cpu, cuda'],
    ['onnx', 'tpu', '--engine onnx has no --device tpu: expected auto, cpu, webgpu, cuda'],
    ['jax', 'cpu', '--engine jax: expected onnx, tensorflow, tfjs'],
  ])('%s on %s', async (engine, device, message) => {
    const choice = { engine, device } as Parameters<typeof createEngine>[0];
    await expect(createEngine(choice)).rejects.toMatchObject({ code: 'USAGE', message });
  });

  test.each(['onnx', 'tfjs'] as const)('%s on the CPU is always there, without a word', async (engine) => {
    const { name, device, reason } = await createEngine({ engine, device: 'cpu' });
    expect({ name, device, reason }).toEqual({ name: engine, device: 'cpu', reason: undefined });
  });

  test('one that is missing: what, and how to get it', async () => {
    for (const { engine, device, available, drawback, detail } of await findDevices()) {
      if (available || engine !== 'onnx') continue;
      const error = { code: 'ENGINE_UNAVAILABLE', message: `--device ${device}: ${drawback}`, hint: detail };
      await expect(createEngine({ engine, device })).rejects.toMatchObject(error);
    }
  });
});
