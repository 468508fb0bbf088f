import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { encodeModel } from '../protobuf.js';
import * as ort from '../runtime.js';
import { runInPlace, UNRETURNED } from './run-in-place.js';

const shape = [3];
const doubled = {
  nodes: [{ op: 'Add', inputs: ['x', 'x'], outputs: ['y'], attributes: {} }],
  constants: [],
  inputs: [{ name: 'x', dtype: 'float32', shape }],
  outputs: [{ name: 'y', dtype: 'float32', shape }],
} as const;

test('the outputs are written into the given arrays', async () => {
  const session = await ort.InferenceSession.create(encodeModel(doubled, UNRETURNED), { logSeverityLevel: 3 });
  const y = new Float32Array(3);
  const x = new ort.Tensor(Float32Array.of(1, 2, 3), shape);
  expect(await runInPlace(session, { x }, { y: new ort.Tensor(y, shape) })).toBeUndefined();
  expect(y).toEqual(Float32Array.of(2, 4, 6));
  await session.release();
});

test('other errors of a run are not taken for the end of it', async () => {
  const session = await ort.InferenceSession.create(encodeModel(doubled, UNRETURNED), { logSeverityLevel: 3 });
  const short = new ort.Tensor(new Float32Array(2), [2]);
  const y = new ort.Tensor(new Float32Array(3), shape);
  await expect(runInPlace(session, { x: short }, { y })).rejects.toThrow(/x/);
  await session.release();
});

test('this version of onnxruntime-node needs it: with another, see whether a plain run still copies its outputs', async () => {
  const manifest = createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
  expect(JSON.parse(readFileSync(manifest, 'utf8'))).toMatchObject({ version: '1.30.0' });
  const session = await ort.InferenceSession.create(encodeModel(doubled), { logSeverityLevel: 3 });
  const y = new Float32Array(3);
  const x = new ort.Tensor(Float32Array.of(1, 2, 3), shape);
  const { y: returned } = await session.run({ x }, { y: new ort.Tensor(y, shape) });
  expect(y).toEqual(Float32Array.of(2, 4, 6));
  expect((returned!.data as Float32Array).buffer).not.toBe(y.buffer);
  await session.release();
});
