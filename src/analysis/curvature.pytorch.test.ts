/** The curvature of the networks against PyTorch's autograd in float64, on the same weights and images. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createOnnxEngine } from '../engine/onnx/cpu/engine.js';
import type { CurvatureMatrix } from '../nn/curvature.js';
import { buildModel, type ModelName } from '../nn/model.js';
import { initialise, toTensors } from '../nn/weights.js';
import type { CurvatureMeasurement } from '../records/curvature-record.js';
import { encodeSafetensors } from '../support/safetensors.js';
import { findPython } from '../testing/python.js';
import { isSoak } from '../testing/soak.js';
import { measureCurvature, resolveCurvature } from './curvature.js';
import type { BatchNormMode } from './split-loss.js';
import { patternImages } from './testing/network.js';
import { checkpointOf, sessionWith } from './testing/session.js';

const SCRIPT = fileURLToPath(new URL('../../scripts/pytorch/curvature.py', import.meta.url));
const IMAGES = 8;

interface Case {
  readonly model: ModelName;
  readonly widths?: readonly number[];
  /** Of the images. */
  readonly side: number;
  readonly matrix: CurvatureMatrix;
  readonly batchNorm: BatchNormMode;
  readonly top: number;
}

const LARGE: readonly Case[] = [
  { model: 'c1', side: 12, matrix: 'hessian', batchNorm: 'running', top: 2 },
  { model: 'c1', side: 12, matrix: 'ggn', batchNorm: 'batch', top: 2 },
  { model: 'f1', side: 28, matrix: 'hessian', batchNorm: 'running', top: 1 },
];

const CASES: readonly Case[] = [
  { model: 'mlp', widths: [16, 12], side: 12, matrix: 'hessian', batchNorm: 'running', top: 3 },
  { model: 'mlp', widths: [16, 12], side: 12, matrix: 'hessian', batchNorm: 'batch', top: 3 },
  { model: 'mlp', widths: [16, 12], side: 12, matrix: 'ggn', batchNorm: 'running', top: 3 },
  ...(isSoak ? LARGE : []),
];

const python = findPython('torch', 'numpy', 'scipy');

test.skipIf(!python)('eigenvalues to 1e-4, traces within their error bars', { timeout: 600_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'smoothout-curvature-'));
  const ours: CurvatureMeasurement[] = [];
  const cases: object[] = [];
  for (const [i, one] of CASES.entries()) {
    const files = { weights: join(folder, `weights-${i}`), images: join(folder, `images-${i}`) };
    ours.push(await measure(one, files));
    cases.push({ ...one, classes: 10, ...files });
  }
  const input = JSON.stringify(cases);
  const theirs: Pick<CurvatureMeasurement, 'eigenvalues' | 'trace' | 'loss'>[] = JSON.parse(
    execFileSync(python!, [SCRIPT], { input, encoding: 'utf8' }),
  );
  for (const [i, { eigenvalues, trace, loss }] of theirs.entries()) {
    const { model, matrix, batchNorm } = CASES[i]!;
    const found = ours[i]!;
    const named = `${model}, ${matrix}, ${batchNorm}`;
    expect(Math.abs(found.loss / loss - 1), named).toBeLessThan(1e-5);
    for (const [k, value] of eigenvalues.entries()) {
      expect(Math.abs(found.eigenvalues[k]! / value - 1), `${named}: ${found.eigenvalues}`).toBeLessThan(1e-4);
    }
    // With batch statistics the trace in closed form is the Gauss–Newton matrix's alone.
    if (batchNorm === 'batch' && matrix === 'hessian') continue;
    const deviation = Math.abs(found.trace - trace);
    expect(deviation, `${named}: ${found.trace} beside ${trace}`).toBeLessThan(4 * found.traceError!);
    if (model === 'mlp') expect(found.traceError!, named).toBeLessThan(0.25 * trace);
  }
});

async function measure(
  { model: name, widths, side, matrix, batchNorm, top }: Case,
  files: { readonly weights: string; readonly images: string },
): Promise<CurvatureMeasurement> {
  const source = patternImages(IMAGES, 2, side);
  const images = new Float32Array(IMAGES * side ** 2);
  await source.read(
    Uint32Array.from({ length: IMAGES }, (_, i) => i),
    images,
  );
  const tensors = {
    images: { shape: [IMAGES, 1, side, side], data: images },
    labels: { shape: [IMAGES], data: source.labels },
  };
  await writeFile(files.images, encodeSafetensors(tensors));
  const model = await buildModel(name, {
    classes: 10,
    dropout: 0,
    inputShape: source.shape,
    ...(widths && { hidden: widths }),
  });
  const initial = initialise(model.layout, { seed: 3, batchNormScale: 'uniform' });
  const weights = { ...initial, statistics: initial.statistics.map((value, i) => value + 0.05 * (i % 7)) };
  await writeFile(files.weights, encodeSafetensors(toTensors(weights, model.layout)));
  const checkpoint = checkpointOf({ model, weights, source }, 'best.safetensors');
  const engine = createOnnxEngine({ threads: 2 });
  const rest = {
    split: 'train',
    probes: name === 'mlp' ? 300 : 8,
    density: false,
    perLayer: false,
    images: null,
    seed: 1,
  } as const;
  const settings = resolveCurvature({ matrix, batchNorm, top, ...rest }, checkpoint);
  try {
    return await measureCurvature(sessionWith(engine), checkpoint, settings);
  } finally {
    await engine.dispose();
  }
}
