/** Sensitivity to uniform noise: C̄(w*; a), and its slope s (section 3.2, Eq. 9; Figs. 3b, 7b, 8). */
import * as tf from '@tensorflow/tfjs';
import { batches } from '../data/batches.js';
import { firstImages, type Split } from '../data/source.js';
import { type Engine, float, sumOf } from '../engine/engine.js';
import { createProgramCache } from '../engine/program-cache.js';
import { batchLoss, batchSpecs } from '../nn/loss.js';
import type { Model } from '../nn/model.js';
import type { CheckpointFile } from '../session/checkpoint-file.js';
import type { Evaluation } from '../session/evaluate.js';
import type { Session } from '../session/session.js';
import { drawNoise, uniformPerturbation } from '../smoothout/perturbation.js';
import { at } from '../support/at.js';
import { createUniformBuffer } from '../support/random-buffers.js';

/** "… fed to the framework in batch size of 100, and at each batch, the parameter is perturbed." */
export const NOISE_BATCH = 100;

/** Over all images, each batch of 100 under its own noise. */
export interface NoisyPoint extends Evaluation {
  readonly a: number;
  /** How many perturbations were drawn. */
  readonly draws: number;
  readonly split: Split;
  readonly checkpoint: string;
}

interface SensitivityOptions {
  readonly strengths: readonly number[];
  /** The first images of the split only; all of them unless given. */
  readonly images?: number | undefined;
  readonly seed: number;
  /** Called after each batch, with the share of the images that is done. */
  readonly onShare?: (share: number) => void;
}

const STREAM = { train: 0, test: 1 } as const;

/**
 * θ = a·u with u ~ U(−1, 1) drawn anew for every batch, for all parameters, batch norm's included; running statistics.
 * All strengths see the same u, so that the noise of the estimate cancels in their differences.
 */
export async function measureSensitivity(
  { engine }: Session,
  { model, weights, splits, path: checkpoint }: CheckpointFile,
  split: Split,
  { strengths, images: limit = Number.POSITIVE_INFINITY, seed, onShare }: SensitivityOptions,
): Promise<NoisyPoint[]> {
  const { layout } = model;
  const source = firstImages(splits[split], limit);
  const programs = createProgramCache((count: number) => compileNoisyLoss(engine, model, count));
  const parameters = await engine.upload(weights.parameters, [layout.size]);
  const sums = strengths.map((a) => ({ a, loss: 0, correct: 0 }));
  const u = createUniformBuffer(layout.size);
  let draws = 0;
  let done = 0;
  try {
    for await (const batch of batches(source, { batchSize: NOISE_BATCH })) {
      const stream = { seed, purpose: 'sensitivity', epoch: STREAM[split], step: draws } as const;
      const uOfBatch = await engine.upload(drawNoise(u, stream, layout, 'all'), [layout.size]);
      draws++;
      const program = await programs.get(batch.count);
      const { images, labels } = batch;
      const inputs = { parameters, u: uOfBatch, batch: { statistics: weights.statistics, images, labels } };
      for (const sum of sums) {
        const results = await program.run({ ...inputs, a: Float32Array.of(sum.a) });
        sum.loss += sumOf(results.loss);
        sum.correct += sumOf(results.correct);
      }
      uOfBatch.dispose();
      done += batch.count;
      onShare?.(done / source.count);
    }
  } finally {
    parameters.dispose();
    await programs.dispose();
  }
  const { count } = source;
  return sums.map(({ a, loss, correct }) => ({
    ...{ a, loss: loss / count, accuracy: (100 * correct) / count, draws },
    ...{ split, checkpoint },
  }));
}

function compileNoisyLoss(engine: Engine, model: Model, count: number) {
  const vector = float(model.layout.size);
  const specs = { parameters: vector, u: vector, a: float(), batch: batchSpecs(model, count, 'running') };
  return engine.compile(({ parameters, u, a, batch }) => {
    const { sum, correct } = batchLoss(
      model,
      tf.add(parameters, uniformPerturbation(parameters, u, a)),
      batch,
      'running',
    );
    return { loss: sum, correct };
  }, specs);
}

/** s = ΔC̄/Δa (Eq. 9), from each strength to the next. */
export function slopes(points: readonly Pick<NoisyPoint, 'a' | 'loss'>[]): number[] {
  return points.slice(1).map(({ a, loss }, i) => (loss - at(points, i).loss) / (a - at(points, i).a));
}
