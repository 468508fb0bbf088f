/** Loss and accuracy over a whole split: clean parameters, running batch statistics, no dropout. */
import { batches } from '../data/batches.js';
import { type ImageSource, imageSize } from '../data/source.js';
import { type Engine, float, sumOf, type Value } from '../engine/engine.js';
import { createProgramCache } from '../engine/program-cache.js';
import { batchLoss, batchSpecs } from '../nn/loss.js';
import type { Model } from '../nn/model.js';

export interface Evaluation {
  /** Mean cross-entropy (nats). */
  readonly loss: number;
  /** Percent. */
  readonly accuracy: number;
}

export type Evaluator = ReturnType<typeof createEvaluator>;

/** A million numbers of input a batch keep every network's activations within some hundred megabytes. */
const INPUT_NUMBERS = 2 ** 20;

export function createEvaluator(engine: Engine, model: Model) {
  const batchSize = Math.max(32, Math.min(1000, Math.floor(INPUT_NUMBERS / imageSize(model.inputShape))));

  const programs = createProgramCache((count: number) =>
    engine.compile(
      ({ parameters, batch }) => {
        const { sum, correct } = batchLoss(model, parameters, batch, 'running');
        return { sum, correct };
      },
      { parameters: float(model.layout.size), batch: batchSpecs(model, count, 'running') },
    ),
  );
  return {
    async evaluate(parameters: Value, statistics: Value, source: ImageSource): Promise<Evaluation> {
      let loss = 0;
      let correct = 0;
      for await (const { images, labels, count } of batches(source, { batchSize })) {
        const program = await programs.get(count);
        const results = await program.run({ parameters, batch: { statistics, images, labels } });
        loss += sumOf(results.sum);
        correct += sumOf(results.correct);
      }
      return { loss: loss / source.count, accuracy: (100 * correct) / source.count };
    },
    dispose: programs.dispose,
  };
}
