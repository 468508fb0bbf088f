import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { smoothout } from './testing/smoothout.js';

const run = async (...options: string[]) => {
  const folder = await mkdtemp(join(tmpdir(), 'smoothout-device-'));
  return smoothout(['run', 'configs/quickstart.yaml', '--data', folder, '--out', folder, ...options]);
};

test('--device auto says on stderr what it chose and why', async () => {
  const { stderr } = await run('--device', 'auto', '--set', 'synthetic=false');
  expect(stderr).toMatch(/^computing on (cpu|webgpu|cuda): .+\n/);
});

test('SMOOTHOUT_DEVICE stands in for --device', async () => {
  const args = ['run', 'configs/quickstart.yaml'];
  const { status, stderr } = await smoothout(args, { env: { ...process.env, SMOOTHOUT_DEVICE: 'abacus' } });
  expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringContaining('abacus') });
});

test('a device that the engine does not have', async () => {
  const { status, stderr } = await run('--engine', 'tfjs', '--device', 'webgpu');
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: 'smoothout: --engine tfjs has no --device webgpu: expected auto, cpu\n',
  });
});
