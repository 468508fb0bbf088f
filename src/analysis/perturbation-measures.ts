/** Sharpness in the worst and in the average case (Andriushchenko et al. 2023), and LPF's measure (Bisla et al. 2022). */
import { openImages } from '../data/batches.js';
import { imageRange } from '../data/source.js';
import { access } from '../lbfgsb/vectors.js';
import { withNormalisedLogits } from '../nn/normalised-logits.js';
import {
  isSameMeasure,
  MEASURES,
  type MeasureName,
  type MeasureSettings,
  measureTitle,
  type PerturbationMeasurement,
} from '../records/perturbation-measures.js';
import { sharpnessFile, sharpnessPath } from '../records/sharpness-record.js';
import type { CheckpointFile } from '../session/checkpoint-file.js';
import type { Session } from '../session/session.js';
import type { Borrowed } from '../support/borrowed.js';
import { SmoothOutError } from '../support/errors.js';
import { createNormalBuffer, createUniformBuffer } from '../support/random-buffers.js';
import { meanOf, standardError } from '../support/statistics.js';
import { maximizeByAutoPgd } from './auto-pgd.js';
import { type MeasureStep, measuring } from './measure-checkpoint.js';
import { createLosses, type MeanLoss, resolveImages } from './split-loss.js';

const { at } = access;

/** What the user asks for; what is null is as in the papers' code. */
export type MeasureRequest = Pick<
  MeasureSettings,
  'measure' | 'norm' | 'adaptive' | 'logits' | 'split' | 'batchNorm' | 'seed'
> & { readonly [K in 'radius' | 'm' | 'steps' | 'images' | 'batchSize']: number | null };

/**
 * The least of the radii that Andriushchenko et al. use for ResNet18 on CIFAR-10, and σ of Bisla et al. A plain average has
 * the latter too: noise of the former's 0.05 is larger than the weights of F1.
 */
function usualRadius({ measure, norm, adaptive }: MeasureRequest): number {
  if (measure === 'lpf') return 0.01;
  if (measure === 'average' && !adaptive) return norm === 'l2' ? 0.01 : 0.02;
  if (measure === 'average') return norm === 'l2' ? 0.05 : 0.1;
  if (norm === 'l2') return 0.25;
  return adaptive ? 0.001 : 0.0005;
}

/** What the same authors use: how many images, how many of them are perturbed together, and how many steps or draws. */
const USUAL: Readonly<Record<MeasureName, { images: number; m: number; steps: number }>> = {
  worst: { images: 1024, m: 128, steps: 20 },
  average: { images: 1024, m: 128, steps: 20 },
  lpf: { images: Number.POSITIVE_INFINITY, m: Number.POSITIVE_INFINITY, steps: 100 },
};

/**
 * The settings with all numbers as they come to for one checkpoint. Sets are of equal size: images left over are not used.
 *
 * @throws SmoothOutError USAGE where batch statistics would be those of a single image.
 */
export function resolveMeasure(request: MeasureRequest, checkpoint: CheckpointFile): MeasureSettings {
  const usual = USUAL[request.measure];
  const available = Math.min(request.images ?? usual.images, checkpoint.splits[request.split].count);
  const m = Math.min(request.m ?? usual.m, available);
  return {
    ...resolveImages({ ...request, images: m }, checkpoint),
    ...{ m, images: m * Math.floor(available / m) },
    radius: request.radius ?? usualRadius(request),
    steps: request.steps ?? usual.steps,
  };
}

/**
 * Perturbations δ = c·v with c = 1 or |w|: an adaptive measure does not change where weights are rescaled without changing
 * the network. In these variables the ball is round, ‖v‖ ≤ ρ, and the gradient is c·∇L.
 *
 * @throws SmoothOutError USAGE where the loss around w is not finite; the reason of the session's signal once it is aborted.
 */
export async function measurePerturbation(
  session: Session,
  checkpoint: CheckpointFile,
  settings: MeasureSettings,
  onStep: (step: MeasureStep) => void = () => {},
): Promise<PerturbationMeasurement> {
  const { weights, splits } = checkpoint;
  const { measure, adaptive, logits, split, batchNorm, batchSize, images, m, radius } = settings;
  const startedAt = performance.now();
  const { engine, signal } = session;
  const model = logits === 'normalised' ? withNormalisedLogits(checkpoint.model) : checkpoint.model;
  const passes = passesOf(settings);
  let evaluations = 0;
  const losses = createLosses({
    ...{ engine, model, statistics: weights.statistics, batchNorm, batchSize, signal },
    onBatch(done) {
      if (done < m) return;
      evaluations++;
      onStep({ doing: `${evaluations} of ${passes} passes`, done: evaluations / passes, best: null });
    },
  });
  const w = Float64Array.from(weights.parameters);
  const c = adaptive ? w.map(Math.abs) : new Float64Array(w.length).fill(1);
  const measureSet = measure === 'worst' ? worstCase(settings, w, c) : perturbedLosses(settings, w, c);
  const increases: number[] = [];
  const atW: number[] = [];
  try {
    for (let set = 0; set < images / m; set++) {
      const loss = losses.over(await openImages(imageRange(splits[split], set * m, (set + 1) * m)));
      const { start, values } = await measureSet(loss, set);
      atW.push(start);
      for (const value of values) increases.push(value - (measure === 'lpf' ? 0 : start));
    }
  } finally {
    await losses.dispose();
  }
  const value = meanOf(increases);
  if (!Number.isFinite(value)) {
    throw new SmoothOutError('USAGE', `${checkpoint.path}: within ${radius} of it the loss is not finite`, {
      hint: 'Choose a smaller --radius.',
    });
  }
  return {
    ...settings,
    ...{ value, evaluations, loss: meanOf(atW), definition: MEASURES[measure].definition },
    standardError: increases.length > 1 ? standardError(increases) : null,
    seconds: (performance.now() - startedAt) / 1000,
    engine: engine.name,
    device: engine.device,
  };
}

/** Passes through a set of images that a measurement takes, over all its sets. */
export const passesOf = ({ steps, images, m }: MeasureSettings): number => (steps + 1) * (images / m);

/** The loss of a set at w, and at the perturbed points that count. */
type MeasureSet = (loss: MeanLoss, set: number) => Promise<{ start: number; values: readonly number[] }>;

function worstCase({ norm, radius, steps }: MeasureSettings, w: Float64Array, c: Float64Array): MeasureSet {
  return async ({ evaluate }) => {
    const point = new Float64Array(w.length);
    const { f, start } = await maximizeByAutoPgd(
      async (v, gradient) => {
        perturb(point, w, c, v);
        const value = await evaluate(point, gradient);
        for (let i = 0; i < gradient.length; i++) gradient[i] = at(gradient, i) * at(c, i);
        return value;
      },
      w.length,
      { norm, radius, steps },
    );
    return { start, values: [f] };
  };
}

function perturbedLosses(settings: MeasureSettings, w: Float64Array, c: Float64Array): MeasureSet {
  const draw = createPerturbation(settings, w.length);
  const point = new Float64Array(w.length);
  return async ({ valueAt }, set) => {
    const start = await valueAt(w);
    const values: number[] = [];
    for (let number = 0; number < settings.steps; number++) {
      perturb(point, w, c, draw(set, number));
      values.push(await valueAt(point));
    }
    return { start, values };
  };
}

/** point ← w + c·v */
function perturb(point: Float64Array, w: Float64Array, c: Float64Array, v: ArrayLike<number>): void {
  for (let i = 0; i < w.length; i++) point[i] = at(w, i) + at(c, i) * v[i]!;
}

/** The v of a set and a number, from N(0, ρ²) or U(−ρ, ρ). */
export function createPerturbation({ norm, radius, seed }: MeasureSettings, size: number) {
  const buffer = norm === 'l2' ? createNormalBuffer(size) : createUniformBuffer(size);
  return (set: number, number: number): Borrowed<Float32Array> =>
    buffer.fill({ seed, purpose: 'perturbation', step: set, chunk: number }, radius);
}

export const measureBall = measuring({
  recordOf: sharpnessPath,
  resolve: resolveMeasure,
  titleOf: measureTitle,
  answers: isSameMeasure,
  measure: measurePerturbation,
  ...sharpnessFile.list('perturbations'),
});
