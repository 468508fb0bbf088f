/**
 * Whether this machine's GPU computes what the CPU computes, and how fast it trains:
 *
 *     npm run gpu-check [-- --device webgpu|cuda] [--only f1,c1] [--steps 20] [--seconds 5] [--limit 60] [--small]
 *                           [--no-speed] [--json]
 *
 * Each network is checked in a process of its own (one.ts), which is ended after `--limit` seconds. With `--json`, a JSON
 * object a line on stdout. Exit status 1 where a network disagrees with the CPU by more than 1e-4 and by more than rounding
 * explains, does not run, or is not done in time.
 */
import { parseArgs } from 'node:util';
import { createEngine, type EngineChoice } from '../../src/engine/create.js';
import { findDevices } from '../../src/engine/devices.js';
import { STEPS } from '../bench/measurements.js';
import { NETWORKS } from './networks.js';
import { type Checked, described, inItsOwnProcess, isGood } from './results.js';
import { findPyTorchWithCuda } from './speed.js';

const { values: options } = parseArgs({
  options: {
    device: { type: 'string', default: 'auto' },
    only: { type: 'string' },
    steps: { type: 'string', default: '20' },
    seconds: { type: 'string', default: '5' },
    limit: { type: 'string' },
    small: { type: 'boolean', default: false },
    'no-speed': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const say = (line: string) => (options.json ? console.error(line) : console.log(line));

for (const { engine, device, available, detail } of await findDevices()) {
  say(`${available ? 'yes' : 'no '} ${engine} ${device}: ${detail}`);
}
const engine = await createEngine({ engine: 'onnx', device: options.device as EngineChoice['device'] });
if (engine.reason) say(engine.reason);
await engine.dispose();
if (engine.device === 'cpu') throw new Error('no GPU to check: name one with --device, or see docs/gpu.md');

const only = options.only?.split(',');
const isChosen = (name: string) => only === undefined || only.some((one) => name === one || name.startsWith(`${one}-`));

say(`\nagreement with the CPU over ${options.steps} steps`);
const small = options.small ? ['--small'] : [];
check(
  'agreement',
  NETWORKS.map(({ name }) => name),
  ['--steps', options.steps, ...small],
);
if (!options['no-speed']) {
  const python = findPyTorchWithCuda();
  say(`\nSmoothOut's training step${python ? '' : ' (no PyTorch with CUDA here)'}`);
  check('speed', STEPS, ['--seconds', options.seconds, ...(python ? ['--python', python] : [])]);
}

/** What does not run is said, and the rest goes on. */
function check(what: Checked['check'], names: readonly string[], args: readonly string[]): void {
  for (const name of names.filter(isChosen)) {
    const limit = options.limit === undefined ? undefined : Number(options.limit);
    const checked = inItsOwnProcess(what, name, ['--device', engine.device, ...args], limit);
    if (!isGood(checked)) process.exitCode = 1;
    console.log(options.json ? JSON.stringify(checked) : `  ${name}: ${described(checked)}`);
  }
}
