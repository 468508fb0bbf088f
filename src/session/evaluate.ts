/** Loss and accuracy over a whole split: clean parameters, running batch statistics, no dropout. */
import type { Tensor1D } from '@tensorflow/tfjs';
import { batches } from '../data/batches.js';
import { type ImageSource, imageSize } from '../data/source.js';
import type { Engine, NamedTensors, Program, Value } from '../engine/engine.js';
import { createProgramCache } from '../engine/program-cache.js';
import { batchLoss, batchSignature, float } from '../nn/loss.js';
import type { Model } from '../nn/model.js';

export interface Evaluation {
  /** Mean cross-entropy (nats). */
  readonly loss: number;
  /** Percent. */
  readonly accuracy: number;
}

export interface Evaluator {
  evaluate(parameters: Value, statistics: Value, source: ImageSource): Promise<Evaluation>;
  dispose(): Promise<void>;
}

/** A million numbers of input a batch keep every network's activations within some hundred megabytes. */
const INPUT_NUMBERS = 2 ** 20;

export function createEvaluator(engine: Engine, model: Model): Evaluator {
  const programs = createProgramCache<number>();
  const batchSize = Math.max(32, Math.min(1000, Math.floor(INPUT_NUMBERS / imageSize(model.inputShape))));

  function compile(size: number): Promise<Program> {
    const evaluate = (inputs: NamedTensors) => {
      const { sum, correct } = batchLoss(model, inputs.parameters as Tensor1D, inputs, 'running');
      return { sum, correct };
    };
    const signature = { parameters: float(model.layout.size), ...batchSignature(model, size, 'running') };
    return engine.compile(evaluate, signature);
  }

  return {
    async evaluate(parameters, statistics, source) {
      let loss = 0;
      let correct = 0;
      for await (const { images, labels, count } of batches(source, { batchSize })) {
        const program = await programs.once(count, () => compile(count));
        const results = await program.run({ parameters, statistics, images, labels });
        loss += (results.sum as Float32Array)[0]!;
        correct += (results.correct as Float32Array)[0]!;
      }
      return { loss: loss / source.count, accuracy: (100 * correct) / source.count };
    },
    dispose: programs.dispose,
  };
}
