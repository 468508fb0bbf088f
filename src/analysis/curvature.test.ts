import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createEagerEngine } from '../engine/eager.js';
import { type PartialState, partialState } from '../records/partial-state.js';
import type { Session } from '../session/session.js';
import { type CurvatureSettings, type CurvatureState, measureCurvature, resolveCurvature } from './curvature.js';
import type { MeasureStep } from './measure-checkpoint.js';
import { trainSmallNetwork } from './testing/network.js';
import { checkpointOf, sessionOf, sessionWith } from './testing/session.js';

const network = await trainSmallNetwork(5, 100);
const SETTINGS: CurvatureSettings = {
  ...{ matrix: 'hessian', split: 'train', batchNorm: 'running', images: null, seed: 1 },
  ...{ top: 3, probes: 4, density: true, perLayer: false },
};

function measure(
  settings: Partial<CurvatureSettings>,
  session: Session = sessionOf(network),
  onStep?: (step: MeasureStep) => void,
  partial?: PartialState<CurvatureState>,
) {
  const checkpoint = checkpointOf(network, 'best.safetensors');
  const resolved = resolveCurvature({ ...SETTINGS, ...settings }, checkpoint);
  return measureCurvature(session, checkpoint, resolved, onStep, partial);
}

describe('the curvature of a checkpoint', () => {
  test('stopped anywhere, it goes on from its file to the same numbers', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'smoothout-partial-'));
    const settings = { perLayer: true, density: false };
    const { seconds: _, ...whole } = await measure(settings);
    const stages: string[] = [];
    for (;;) {
      const controller = new AbortController();
      const session = { ...sessionOf(network), signal: controller.signal };
      // Each time it is stopped in its thirteenth product.
      let calls = 0;
      const onStep = ({ doing }: MeasureStep) => {
        if (++calls !== 13) return;
        stages.push(doing);
        controller.abort(new Error('stopped'));
      };
      const partial = partialState<CurvatureState>(join(folder, '.partial'), settings, 300);
      const found = await measure(settings, session, onStep, partial).catch(() => null);
      if (found === null) continue;
      const { seconds: __, ...resumed } = found;
      expect(resumed).toEqual(whole);
      break;
    }
    expect(stages[0]).toBe('all parameters: eigenvalues');
    expect(stages.some((stage) => stage.endsWith('trace'))).toBe(true);
    expect(stages.some((stage) => stage.startsWith('layers'))).toBe(true);
    // Vectors that no state needs any more are gone: eigenvectors alone are left.
    const [partial] = await readdir(folder);
    expect((await readdir(join(folder, partial!))).length).toBeLessThanOrEqual(1 + 2 * SETTINGS.top + 20);
  });

  test.each(['hessian', 'ggn'] as const)('%s: the tfjs engine gives the same', async (matrix) => {
    const settings = { matrix, density: false, probes: 1, top: 2 };
    const [onnx, tfjs] = [await measure(settings), await measure(settings, sessionWith(createEagerEngine()))];
    for (const key of ['loss', 'trace'] as const) expect(Math.abs(tfjs[key] / onnx[key] - 1)).toBeLessThan(1e-4);
    for (const [i, value] of onnx.eigenvalues.entries()) {
      expect(Math.abs(tfjs.eigenvalues[i]! / value - 1)).toBeLessThan(1e-4);
    }
  });

  test('one number does not depend on the others asked for', async () => {
    const { eigenvalues, trace } = await measure({});
    const alone = await measure({ density: false, perLayer: true });
    expect({ eigenvalues: alone.eigenvalues, trace: alone.trace }).toEqual({
      eigenvalues,
      trace: expect.closeTo(trace, 6),
    });
  });

  test('batch statistics of a single image are refused', async () => {
    const checkpoint = checkpointOf(network, 'best.safetensors');
    expect(() => resolveCurvature({ ...SETTINGS, batchNorm: 'batch', images: 1 }, checkpoint)).toThrow(
      'a batch of one',
    );
  });
});
