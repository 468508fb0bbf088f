import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeGenerated } from '../data/generated/stand-ins.js';
import { smoothout } from './testing/smoothout.js';

const empty = () => mkdtemp(join(tmpdir(), 'smoothout-doctor-'));

describe('doctor', () => {
  test('--json says what there is, on one line', async () => {
    const { status, stdout, stderr } = await smoothout(['doctor', '--json', '--data', await empty()]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    const report = JSON.parse(stdout);
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
    const { stdout } = await smoothout(['doctor', '--data', folder]);
    expect(stdout).toContain(`yes  mnist     ${folder}\n`);
    expect(stdout).toContain('no   cifar10   not found\n');
  });

  test('for people has no escape codes in a pipe', async () => {
    const { stdout } = await smoothout(['doctor', '--out', join(await empty(), 'not', 'yet')]);
    expect(stdout).toMatch(/^Software\n {2}smoothout 0\.1\.0, node /);
    expect(stdout).toMatch(/^ {2}yes {2}onnx +cpu +\d+ threads$/m);
  });
});
