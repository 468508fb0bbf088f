/** The real program with `--engine tensorflow` and TensorFlow's own library. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { installedTensorFlow } from '../engine/tensorflow.js';
import { describeOnTensorFlow } from '../engine/testing/tensorflow.js';
import { readRunRecord } from '../records/run-record.js';
import { readSafetensors } from '../support/safetensors.js';
import { smoothout } from './testing/smoothout.js';

test('doctor says whether TensorFlow is there', async () => {
  const { stdout } = await smoothout`doctor`;
  const there = /^ {2}yes {2}tensorflow +(cpu|cuda) +TensorFlow \d+\.\d+\.\d+ in @tensorflow\/tfjs-node(-gpu)?$/m;
  const missing = /^ {2}no {3}tensorflow +cpu +--engine tensorflow needs .* \(docs\/gpu\.md says /m;
  expect(stdout).toMatch(installedTensorFlow() ? there : missing);
});

await describeOnTensorFlow('a run in TensorFlow', async () => {
  const begin = (out: string) =>
    smoothout`run examples/own.yaml --method own --set epochs=8 --engine tensorflow --out ${out}`;
  const folder = () => mkdtemp(join(tmpdir(), 'smoothout-tensorflow-'));
  const run = (out: string, file: string) => join(out, 'runs/own/my-method/seed-1', file);
  const digest = async (out: string) => (await readSafetensors(run(out, 'last.safetensors'))).metadata.sha256;

  test('a convolutional network learns, and goes on after an interrupt to the same bits', async () => {
    const [whole, stopped] = [await folder(), await folder()];
    expect(await begin(whole)).toMatchObject({ status: 0 });
    const record = await readRunRecord(run(whole, 'run.json'));
    expect(record.environments).toMatchObject([{ engine: 'tensorflow', device: expect.stringMatching(/cpu|cuda/) }]);
    expect(record.bestAccuracy).toBeGreaterThan(90);

    const running = begin(stopped);
    await running.says(/epoch 2\//);
    running.kill('SIGINT');
    expect((await running).status).toBe(75);
    expect((await begin(stopped)).stderr).toContain('resuming');
    expect(await digest(stopped)).toBe(await digest(whole));
  });
});
