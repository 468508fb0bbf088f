import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeGenerated } from '../data/generated/stand-ins.js';
import { smallConfig } from './testing/small-mnist.js';
import { smoothout } from './testing/smoothout.js';

const empty = () => mkdtemp(join(tmpdir(), 'smoothout-doctor-'));

/** As on a system that lacks what a native library needs: each that is loaded from this package fails so. */
const failingToLoad = (part: string) =>
  smoothout.with({
    env: {
      NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(`
      const load = process.dlopen;
      process.dlopen = (module, file, ...flags) => {
        if (!file.includes(${JSON.stringify(part)})) return load(module, file, ...flags);
        throw Object.assign(new Error('libstdc++.so.6: cannot open shared object file'), { code: 'ERR_DLOPEN_FAILED' });
      };`)}`,
    },
  });

describe('doctor', () => {
  test('--json says what there is, on one line', async () => {
    const { status, json, stderr } = await smoothout`doctor --json --data ${await empty()}`;
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(json).toHaveLength(1);
    const [report] = json;
    expect(report.versions).toMatchObject({ smoothout: '0.1.0', node: process.versions.node, tfjs: '4.22.0' });
    expect(report.devices).toContainEqual(expect.objectContaining({ engine: 'onnx', device: 'cpu', available: true }));
    expect(report.machine.threads).toBeGreaterThan(0);
    expect(report.machine.freeDiskBytes).toBeGreaterThan(0);
    expect(report.data.map(({ dataset, folder }: { dataset: string; folder: unknown }) => [dataset, folder])).toEqual([
      ['mnist', null],
      ['cifar10', null],
      ['cifar100', null],
      ['imagenet', null],
    ]);
  });

  test('finds data in the official format', async () => {
    const folder = await empty();
    await writeGenerated('mnist', folder);
    const { stdout } = await smoothout`doctor --data ${folder}`;
    expect(stdout).toContain(`yes  mnist     ${folder}\n`);
    expect(stdout).toContain('no   cifar10   not found\n');
  });

  test('for people has no escape codes in a pipe', async () => {
    const { stdout } = await smoothout`doctor --out ${join(await empty(), 'not', 'yet')}`;
    expect(stdout).toMatch(/^Software\n {2}smoothout 0\.1\.0, node /);
    expect(stdout).toMatch(/^ {2}yes {2}onnx +cpu +\d+ threads$/m);
  });

  test('says which native library does not load, and everything else', async () => {
    const { status, stdout, stderr } = await failingToLoad('onnxruntime')`doctor`;
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const device of ['cpu', 'webgpu', 'cuda']) {
      const line = `^ {2}no +onnx +${device} +onnxruntime-node does not load: libstdc\\+\\+\\.so\\.6: cannot open`;
      expect(stdout).toMatch(new RegExp(line, 'm'));
    }
    expect(stdout).toMatch(/^ {2}yes +tfjs /m);
    expect(stdout).toMatch(/^Data$/m);
    const { stdout: withoutSharp } = await failingToLoad('sharp')`doctor`;
    expect(withoutSharp).toMatch(/^ {2}sharp, which reads JPEG files, does not load: /m);
  });
});

test.each(['auto', 'cpu'])('a run on --device %s says that the library of the engine does not load', async (device) => {
  const [config, out] = [await smallConfig({ synthetic: true }), await empty()];
  const { status, stderr } = await failingToLoad('onnxruntime')`run ${config} --device ${device} --out ${out}`;
  expect(status).toBe(2);
  expect(stderr).toContain('onnxruntime-node does not load: libstdc++.so.6: cannot open');
  expect(stderr).toContain('--engine tfjs');
});

test('a run on images says that the library that reads them does not load', async () => {
  const config = await smallConfig({ model: 'alexnet', dataset: 'imagenet', hidden: undefined });
  const { status, stderr } = await failingToLoad('sharp')`run ${config} --synthetic --data ${await empty()}`;
  expect(status).toBe(2);
  expect(stderr).toContain('sharp, which reads JPEG files, does not load: ');
});
