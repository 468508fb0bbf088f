/** gpu-check as a command, on SwiftShader. */
import { execFileSync, spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { describeOnSwiftShader } from '../../src/engine/testing/swiftshader.js';
import { PACKAGE_FOLDER } from '../../src/support/versions.js';

const gpuCheck = ['--import', 'tsx', 'scripts/gpu-check/gpu-check.ts', '--device', 'webgpu'];
const small = ['--only', 'c1', '--small', '--no-speed', '--steps', '1'];

await describeOnSwiftShader('gpu-check', async () => {
  test('says as JSON that a network agrees', () => {
    const output = execFileSync(process.execPath, [...gpuCheck, ...small, '--json'], {
      cwd: PACKAGE_FOLDER,
      encoding: 'utf8',
    });
    expect(JSON.parse(output)).toMatchObject({
      check: 'agreement',
      network: 'c1',
      verdict: 'agrees',
      deviations: { parameters: expect.any(Number) },
    });
  });

  test('ends a network that is not done in time, says so and fails', () => {
    const { status, stdout } = spawnSync(process.execPath, [...gpuCheck, ...small, '--limit', '0.2'], {
      cwd: PACKAGE_FOLDER,
      encoding: 'utf8',
    });
    expect(stdout).toContain('  c1: FAILED: not done in 0.2 s\n');
    expect(status).toBe(1);
  });
});
