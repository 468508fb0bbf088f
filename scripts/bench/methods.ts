/**
 * What a step of each method costs beside the baseline's, in turn in one process, and what is left of that for each gradient.
 *
 *     npx tsx scripts/bench/methods.ts [--rounds 9] [--seconds 0.5] [--only f1,c1]
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadConfigs } from '../../src/config/load.js';
import { resolveRuns } from '../../src/config/resolve.js';
import { createOnnxEngine } from '../../src/engine/onnx/cpu/engine.js';
import { evaluationsOf } from '../../src/smoothout/method.js';
import { PACKAGE_FOLDER } from '../../src/support/versions.js';
import { buildLearner } from '../../src/training/learner.js';
import { alternate, median } from './alternate.js';
import { taskOf } from './measurements.js';
import { prepareWork } from './ours-work.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '9' },
    seconds: { type: 'string', default: '0.5' },
    only: { type: 'string', default: 'f1,c1' },
  },
});

/** A step takes as long at any strength. */
const STRENGTHS = ['noise.a=0.01', 'rho=0.05', 'methods.lars.optimizer.learningRate=1'];

const engine = createOnnxEngine();
for (const config of values.only.split(',')) {
  for (const loaded of await loadConfigs(join(PACKAGE_FOLDER, 'configs', 'beyond', `${config}.yaml`), {
    set: STRENGTHS,
  })) {
    const specs = resolveRuns({ ...loaded, seeds: [1] });
    const works = new Map(
      await Promise.all(
        specs.map(async (spec) => [spec.method.label, await prepareWork(engine, taskOf(spec))] as const),
      ),
    );
    const side = { run: (name: string, times: number, untimed: number) => works.get(name)!.run(times, untimed) };
    const contenders = specs.map(({ method: { label: name } }) => ({ side, name }));
    const found = await alternate(contenders, { rounds: Number(values.rounds), seconds: Number(values.seconds) });
    const baseline = median(found[0]!);
    console.log(`\n${loaded.experiment}: the baseline's step takes ${(1000 * baseline).toFixed(2)} ms\n`);
    console.log('| method | gradients | of the baseline’s step | for each gradient |\n|---|---:|---:|---:|');
    for (const [i, spec] of specs.entries()) {
      const evaluations = evaluationsOf((await buildLearner(spec, taskOf(spec))).method);
      const ratio = median(found[i]!) / baseline;
      console.log(
        `| ${spec.method.label} | ${evaluations} | ${ratio.toFixed(2)} | ${(ratio / evaluations).toFixed(2)} |`,
      );
    }
  }
}
await engine.dispose();
