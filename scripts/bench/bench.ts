/**
 * How fast we train, beside PyTorch on the same machine: measures and writes docs/speed.md and docs/speed.json.
 *
 *     npm run bench [-- --only f1,c1-sb,gradient] [--rounds 5] [--seconds 1] [--json]
 */
import { parseArgs } from 'node:util';
import { installedTensorFlow, loadTensorFlow } from '../../src/engine/tensorflow.js';
import { at } from '../../src/support/at.js';
import { describeMachine } from './machine.js';
import { measure, type Result } from './measure.js';
import { MEASUREMENTS, select } from './measurements.js';
import { findPyTorches } from './pytorch.js';
import { keep } from './results.js';
import { tables } from './tables.js';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
if (!Number.isInteger(rounds) || rounds < 1)
  throw new Error(`--rounds: a whole number from 1 on, not ${values.rounds}`);
if (!(seconds > 0)) throw new Error(`--seconds: a number above 0, not ${values.seconds}`);

const chosen = values.only === undefined ? MEASUREMENTS : select(values.only.split(','));
const pytorches = findPyTorches();
if (pytorches.length === 0) console.error('No python3 here has PyTorch: it is not measured.');
const tensorflow = installedTensorFlow('cpu') ? (await loadTensorFlow('cpu')).version : null;
if (!tensorflow) console.error('@tensorflow/tfjs-node is not installed (docs/gpu.md): it is not measured.');
const opponents = { pytorches, tensorflow };
const machine = await describeMachine(opponents);

/** Everything is set against the peak of its own run. */
const [product, ...others] = [at(MEASUREMENTS, 0), ...chosen.filter(({ kind }) => kind !== 'product')];
const results: Result[] = [];
let peak: number | null = null;
for (const measurement of [product, ...others]) {
  const result = await measure(measurement, { rounds, seconds, ...opponents, peak });
  if (result.kind === 'product') peak = Math.max(result.ours.median, result.pytorch?.median ?? 0);
  results.push(result);
  await keep(machine, [result]);
  console.error(`${result.name}: ours ${round(result.ours.median)}${beside(result)}`);
  if (values.json) console.log(JSON.stringify(result));
}
if (!values.json) console.log(tables({ machine, measurements: results }));

function beside({ ours, pytorch: theirs, baseline, tensorflow }: Result): string {
  const overBaseline = baseline ? `, step over the baseline's ${(baseline.median / ours.median).toFixed(3)}` : '';
  if (!theirs) return overBaseline;
  const ratio = (ours.median / theirs.median).toFixed(2);
  const overTensorFlow = tensorflow ? `, TensorFlow ${round(tensorflow.median)}` : '';
  return `${overBaseline}, PyTorch ${round(theirs.median)} (${theirs.setting}), ratio ${ratio}${overTensorFlow}`;
}

function round(value: number): string {
  return value.toPrecision(4);
}
