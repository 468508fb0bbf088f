/** Training to measure its speed: it writes no files, and its weights are thrown away. */
import type { RunSpec } from '../config/schema.js';
import { initialise } from '../nn/weights.js';
import type { Session } from '../session/session.js';
import { chooseSources } from '../session/sources.js';
import { evaluationsOf } from '../smoothout/method.js';
import { newEpoch } from './checkpoint.js';
import { buildLearner } from './learner.js';
import { checkBatches, planOf } from './plan.js';
import { disposeState, freshState, uploadState } from './state.js';
import { createSteps, trainEpoch } from './train.js';

/** How far a practice has come. */
export interface Practice {
  readonly images: number;
  /** Since its first call of the device, which compiles. */
  readonly seconds: number;
  /** Bytes of memory that the process has had at most. */
  readonly memory: number;
}

/**
 * Trains a run's network on its images as `train` does, without validation, files or end, until the session's signal is
 * aborted. After each call of the device `onStep` is told how far it is.
 *
 * @throws SmoothOutError DIVERGED, and what reading data throws.
 */
export async function practise(session: Session, spec: RunSpec, onStep: (done: Practice) => void): Promise<void> {
  const { engine, signal } = session;
  const { train: source } = chooseSources(spec, await session.dataset(spec));
  checkBatches(spec, source);
  const learner = await buildLearner(spec, source);
  const plan = planOf(spec, source.count, evaluationsOf(learner.method));
  const steps = createSteps(engine, spec, learner, signal);
  const weights = initialise(learner.model.layout, {
    seed: spec.seed,
    batchNormScale: spec.batchNorm.scaleInitialisation,
  });
  let state = await uploadState(engine, { ...weights, ...freshState(learner) });
  const startedAt = performance.now();
  let before = 0;
  try {
    while (!signal.aborted) {
      const options = {
        ...{ spec, source, plan, steps, signal },
        // Small steps from the first weights: nothing diverges in a moment of them.
        learningRate: 1e-6,
        onStep: async (_: unknown, { images }: { readonly images: number }) => {
          const seconds = (performance.now() - startedAt) / 1000;
          onStep({ images: before + images, seconds, memory: 1024 * process.resourceUsage().maxRSS });
        },
      };
      const after = await trainEpoch(state, newEpoch(0), options);
      state = after.state;
      before += after.progress.images;
    }
  } finally {
    disposeState(state);
    await steps.dispose();
  }
}
