import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { openStderrFile } from '../../../support/native-stderr.js';
import { describeOnSwiftShader } from '../../testing/swiftshader.js';
import { guardDevice } from './device-errors.js';

const LINE =
  '[E:onnxruntime, webgpu_context.cc:171] WebGPU device error(3): vkAllocateMemory failed\n - While calling\n';

describe('guardDevice', () => {
  test('lets results and errors through that are none of the GPU', async () => {
    const guard = guardDevice(() => 'a warning of another library');
    expect(await guard(async () => 3)).toBe(3);
    await expect(guard(() => Promise.reject(new TypeError('a fault')))).rejects.toThrow(TypeError);
    expect(await guard(async () => 4)).toBe(4);
  });

  test('what came with an error is withheld, and from then on nothing is computed', async () => {
    const said = [LINE, '', ''];
    const guard = guardDevice(() => said.shift()!);
    const failed = { code: 'GPU_FAILED', message: 'the GPU reported an error: vkAllocateMemory failed' };
    await expect(guard(async () => 3)).rejects.toMatchObject({
      ...failed,
      hint: expect.stringContaining('ghostBatchSize'),
    });
    let used = false;
    const use = async () => {
      used = true;
    };
    await expect(guard(use)).rejects.toMatchObject(failed);
    expect(used).toBe(false);
  });
});

await describeOnSwiftShader('an array that is larger than the largest of the GPU', async () => {
  const PROGRAM = fileURLToPath(new URL('testing/too-large.ts', import.meta.url));
  const outcomes = (mode: string, stderr: 'pipe' | number) => {
    const args = ['--import', 'tsx', PROGRAM, mode];
    const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', stderr] });
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  };

  test('is an error where ONNX Runtime throws', () => {
    const [first, second] = outcomes('basic', 'pipe');
    expect(first).toMatchObject({ code: 'GPU_FAILED', message: expect.stringMatching(/WebGPU validation failed/) });
    expect(second).toEqual(first);
  });

  test('is one where ONNX Runtime goes on, and stderr is a file', () => {
    const file = openStderrFile();
    const [first, second] = outcomes('wgpuOnly', file.fd);
    const message =
      'the GPU reported an error: Buffer size (2400000000) exceeds the max buffer size limit (1073741824).';
    expect(first).toEqual({ code: 'GPU_FAILED', message });
    expect(second).toEqual(first);
    expect(file.newText()).toContain('WebGPU device error');
    file.close();
  });

  test('without a file, ONNX Runtime does go on', () => {
    expect(outcomes('wgpuOnly', 'pipe')).toEqual([{ last: 0 }, { last: 0 }]);
  });
});
