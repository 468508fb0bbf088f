/** Steps whose batch is one pass: lines 3 to 6 of Algorithm 1 are one compiled program. */
import { type Engine, sumOf } from '../engine/engine.js';
import { createProgramCache } from '../engine/program-cache.js';
import { imageSpecs } from '../nn/loss.js';
import { takeStep } from '../smoothout/algorithm.js';
import type { Learner } from './learner.js';
import { given, inputSpecs, updateAlong } from './programs.js';
import { nextPart, type StepInputs, type TakeSteps, WHOLE } from './step.js';

export function createOnePass(engine: Engine, learner: Learner, inputs: StepInputs) {
  const { state, noise, scalars } = inputSpecs(learner);

  /** Compiled for each number of images that it is asked for. */
  const program = createProgramCache((images: number) =>
    engine.compile(
      ({ state, batch, noise, scalars }) => {
        const { parameters: w } = state;
        const pass = learner.method.gradient(w, given(learner, state, batch, noise));
        const next = takeStep(w, pass, updateAlong(learner, state, scalars));
        const { parameters, statistics, memory = {}, average, optimizer, loss, correct } = next;
        return { state: { parameters, statistics, memory, average, optimizer }, loss, correct };
      },
      { state, batch: imageSpecs(learner.model, images, 'train'), noise, scalars },
      { keep: ['state'] },
    ),
  );

  const take: TakeSteps = async function* (state, { size, count }, parts, first) {
    let { updates, ...arrays } = state;
    const compiled = await program.get(size);
    async function* each() {
      for await (const place of inputs.places(first, count)) {
        const batch = { ...(await nextPart(parts)), ...inputs.dropout(place, WHOLE, size) };
        const scalars = inputs.scalars(state.updates + place.done - first.done, place);
        yield { batch, noise: inputs.noise(place, WHOLE), scalars };
      }
    }
    for await (const { state: after, loss, correct } of compiled.runs({ state: arrays }, each())) {
      const steps = loss.length;
      updates += steps;
      yield { state: { ...after, updates }, steps, lossSum: sumOf(loss) * size, correct: sumOf(correct) };
    }
  };

  return { program, take, dispose: program.dispose };
}
