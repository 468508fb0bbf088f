import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gitCommit, PACKAGE_FOLDER, versions } from './versions.js';

test('versions are those of the packages that are installed', async () => {
  const { version, dependencies } = JSON.parse(readFileSync(join(PACKAGE_FOLDER, 'package.json'), 'utf8'));
  expect(await versions()).toEqual({
    smoothout: version,
    node: process.versions.node,
    tfjs: dependencies['@tensorflow/tfjs'],
    onnxruntime: dependencies['onnxruntime-node'],
  });
});

const head = spawnSync('git', ['-C', PACKAGE_FOLDER, 'rev-parse', 'HEAD'], { encoding: 'utf8' });
test.skipIf(head.status !== 0)('gitCommit is the commit of this repository', async () => {
  const commit = await gitCommit();
  expect(commit).toMatch(/^[0-9a-f]{12}(-dirty)?$/);
  expect(head.stdout.startsWith(commit!.slice(0, 12))).toBe(true);
});
