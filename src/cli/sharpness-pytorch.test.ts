/** The measures of sharpness beside Keskar et al.'s, against a PyTorch script written from their papers. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { createPerturbation, measurePerturbation, resolveMeasure } from '../analysis/perturbation-measures.js';
import { type MeasureSettings, measureTitle, type PerturbationMeasurement } from '../records/perturbation-measures.js';
import { openCheckpoint } from '../session/checkpoint-file.js';
import { openSession } from '../session/session.js';
import { encodeSafetensors, type StoredTensors } from '../support/safetensors.js';
import { findPython } from '../testing/python.js';
import { smallConfig, smallMnist } from './testing/small-mnist.js';
import { smoothout } from './testing/smoothout.js';

const SCRIPT = fileURLToPath(new URL('../../scripts/pytorch/perturbation_measures.py', import.meta.url));
const HIDDEN = [16];
const worst = { measure: 'worst', logits: 'plain', adaptive: false } as const;
const average = { ...worst, measure: 'average', adaptive: true } as const;
const MEASURES: readonly Pick<MeasureSettings, 'measure' | 'norm' | 'radius' | 'adaptive' | 'logits'>[] = [
  { ...worst, norm: 'l2', radius: 0.1 },
  { ...worst, norm: 'l2', radius: 0.5, adaptive: true },
  { ...worst, norm: 'linf', radius: 0.002 },
  { ...worst, norm: 'linf', radius: 0.02, adaptive: true },
  { ...worst, norm: 'linf', radius: 0.02, adaptive: true, logits: 'normalised' },
  { ...average, norm: 'l2', radius: 0.05, adaptive: false },
  { ...average, norm: 'l2', radius: 0.2 },
  { ...average, norm: 'linf', radius: 0.4, logits: 'normalised' },
  { ...average, measure: 'lpf', norm: 'l2', radius: 0.01, adaptive: false },
];

const python = findPython('torch', 'numpy');
let folder: string;
let data: string;
beforeAll(async () => {
  data = await smallMnist(400, 50);
  folder = await mkdtemp(join(tmpdir(), 'smoothout-measures-'));
});

describe.skipIf(!python)('measures agree with PyTorch in float64', () => {
  test('to three digits', async () => {
    const config = await smallConfig({ hidden: HIDDEN, epochs: 4, methods: [{ name: 'baseline' }] });
    expect((await smoothout`run ${config} --data ${data} --out ${folder}`).status).toBe(0);
    const checkpoint = join(folder, 'runs', 'small', 'baseline', 'seed-1', 'best.safetensors');
    const session = await openSession({ engine: 'onnx', device: 'cpu', data, signal: new AbortController().signal });
    const file = await openCheckpoint(session, checkpoint);
    const cases: PerturbationMeasurement[] = [];
    for (const measure of MEASURES) {
      const m = measure.measure === 'lpf' ? 300 : 100;
      const rest = {
        split: 'train',
        batchNorm: 'running',
        seed: 3,
        images: 300,
        batchSize: null,
        steps: null,
      } as const;
      cases.push(await measurePerturbation(session, file, resolveMeasure({ ...measure, ...rest, m }, file)));
    }
    await session.dispose();
    const noise = join(folder, 'noise.safetensors');
    await writeFile(noise, encodeSafetensors(drawsOf(cases)));
    const input = JSON.stringify({ data, hidden: HIDDEN, checkpoint, noise, cases });
    const theirs: number[] = JSON.parse(execFileSync(python!, [SCRIPT], { input, encoding: 'utf8' }));
    for (const [i, expected] of theirs.entries()) {
      expect(Math.abs(cases[i]!.value / expected - 1), `${measureTitle(cases[i]!)}: ${cases[i]!.value}`).toBeLessThan(
        5e-4,
      );
    }
    // Agreement of numbers that are the same whatever the measure would prove little.
    expect(new Set(theirs.map((value) => value.toPrecision(4))).size).toBe(MEASURES.length);
  });
});

/** What the program drew for each norm, set and number, for ρ = 1. */
function drawsOf(cases: readonly PerturbationMeasurement[]): StoredTensors {
  const size = 784 * HIDDEN[0]! + 3 * HIDDEN[0]! + HIDDEN[0]! * 10 + 10;
  const random = cases.filter(({ measure }) => measure !== 'worst');
  return Object.fromEntries(
    random.flatMap((settings) => {
      const draw = createPerturbation({ ...settings, radius: 1 }, size);
      const places = Array.from({ length: settings.images / settings.m }, (_, set) =>
        Array.from({ length: settings.steps }, (_, number) => [set, number] as const),
      );
      return places.flat().map(([set, number]) => {
        const name = `${settings.norm}.${set}.${number}`;
        return [name, { shape: [size], data: draw(set, number).slice() }] as const;
      });
    }),
  );
}
