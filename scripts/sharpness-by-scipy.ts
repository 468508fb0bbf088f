/**
 * The sharpness of a checkpoint by SciPy's fmin_l_bfgs_b and by ours, on the same objective; and the value after one
 * iteration beside the projected gradient step that it should be.
 *
 *     npx tsx scripts/sharpness-by-scipy.ts CHECKPOINT [--data FOLDER] [--images N] [--batch-norm running|batch]
 *
 * Ends with status 1 where the two differ by more than 10⁻³. Needs /usr/bin/python3 with SciPy.
 */
import { parseArgs } from 'node:util';
import { fullSpace, measureOnce, relativeIncrease } from '../src/analysis/keskar.js';
import { createSplitLoss, usualBatchSize } from '../src/analysis/split-loss.js';
import { firstImages } from '../src/data/source.js';
import { negated, type ObjectiveFunction } from '../src/lbfgsb/problem.js';
import { minimizeWithSciPy } from '../src/lbfgsb/testing/scipy.js';
import { openCheckpoint } from '../src/session/checkpoint-file.js';
import { openSession } from '../src/session/session.js';
import { at } from '../src/support/at.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string' },
    images: { type: 'string', default: '10000' },
    'batch-norm': { type: 'string', default: 'batch' },
  },
});
const batchNorm = values['batch-norm'] === 'running' ? 'running' : 'batch';
const count = Number(values.images);
const { signal } = new AbortController();
const session = await openSession({
  ...{ engine: 'onnx', device: 'auto', signal },
  ...(values.data !== undefined && { data: values.data }),
});
const { model, weights, spec, splits } = await openCheckpoint(session, at(positionals, 0));
const loss = createSplitLoss({
  engine: session.engine,
  model,
  statistics: weights.statistics,
  images: await session.images(spec, firstImages(splits.train, count)),
  batchNorm,
  batchSize: Math.min(count, usualBatchSize(model, batchNorm)),
  signal,
});
let inObjective = 0;
const objective: ObjectiveFunction = async (x, gradient) => {
  const startedAt = performance.now();
  const f = await loss.evaluate(x, gradient);
  inObjective += performance.now() - startedAt;
  return f;
};
const w = Float64Array.from(weights.parameters);
const space = fullSpace(objective, w, 5e-4);
const usual = { start: 'center', seed: 1, repeat: 0, gradient: 'exact' } as const;

const gradient = new Float64Array(w.length);
const f = await objective(w, gradient);
const step = w.map((wi, i) => Math.min(Math.max(wi + at(gradient, i), at(space.box.lower, i)), at(space.box.upper, i)));
const stepped = relativeIncrease(await objective(step, new Float64Array(w.length)), f);
const once = await measureOnce(space, { ...usual, maxIterations: 1 });
console.log(`one iteration: ${once.sharpness} in ${once.evaluations} evaluations; the step to P(w + g): ${stepped}`);

inObjective = 0;
const startedAt = performance.now();
const ours = await measureOnce(space, { ...usual, maxIterations: 10 });
const seconds = (performance.now() - startedAt) / 1000;
const own = 100 * (1 - inObjective / 1000 / seconds);
console.log(`ours:  ${ours.sharpness} in ${ours.evaluations} evaluations (${ours.status}), ${seconds.toFixed(1)} s`);
console.log(
  `       ${own.toFixed(1)}% of it in L-BFGS-B itself; ${(inObjective / ours.evaluations).toFixed(0)} ms an evaluation`,
);
const scipy = await minimizeWithSciPy(negated(objective), w, space.box, 10);
const theirs = relativeIncrease(-scipy.f, ours.loss);
console.log(`SciPy: ${theirs} in ${scipy.evaluations} evaluations, ${scipy.iterations} iterations`);
const difference = Math.abs(ours.sharpness / theirs - 1);
console.log(`relative difference: ${difference.toExponential(1)}`);
process.exitCode = difference <= 1e-3 ? 0 : 1;
