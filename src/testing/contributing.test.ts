/** What CONTRIBUTING.md says of the way from the command line to Algorithm 1. */
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { smallConfig, smallMnist } from '../cli/testing/small-mnist.js';
import { smoothout } from '../cli/testing/smoothout.js';

const ALGORITHM = 'src/smoothout/algorithm.ts';

/** A network whose forward pass prints its stack, which is the way to it, and ends the run. */
const THROWING = `export default {
  title: 'throwing',
  build: () => ({
    parameters: [{ name: 'w', shape: [1], role: 'weight', initial: { kind: 'constant', value: 1 } }],
    statistics: [],
    dropout: [],
    apply() {
      console.error(new Error().stack);
      throw new Error('reached');
    },
  }),
};`;

test('from the command to the line that adds the noise calls pass the six files that it names, and no other', async () => {
  const guide = await readFile('CONTRIBUTING.md', 'utf8');
  const [, list = ''] = /a call passes six files:\n([\s\S]*?)\n\n/.exec(guide) ?? [];
  const named = list.split('→').map((step) => /\]\((.*?\.ts)\)/.exec(step)?.[1]);
  expect(named).toHaveLength(6);

  const folder = await mkdtemp(join(tmpdir(), 'smoothout-contributing-'));
  const model = join(folder, 'throwing.mjs');
  await writeFile(model, THROWING);
  const methods = [{ name: 'smoothout', noise: { a: 0.1 } }];
  const [config, data] = [await smallConfig({ model, hidden: undefined, methods }), await smallMnist()];
  const traced = smoothout.with({ env: { NODE_OPTIONS: '--stack-trace-limit=100' } });
  const { stderr } = await traced`run ${config} --data ${data} --device cpu --out ${folder}`;
  const frames = [...stderr.matchAll(/\bdist\/([\w/-]+)\.js:/g)].map(([, name]) => `src/${name}.ts`);
  const passed = frames.slice(frames.indexOf(ALGORITHM), frames.lastIndexOf('src/cli/run.ts') + 1);
  const callBack = /^src\/(engine\/|support\/lanes|cli\/session)/;
  expect([...new Set(passed)].filter((file) => !callBack.test(file)).reverse()).toEqual(named);
});

test('no other file than algorithm.ts adds a perturbation to w', async () => {
  const adding: string[] = [];
  for (const folder of ['src/smoothout', 'src/training']) {
    for (const name of (await readdir(folder)).filter((name) => /(?<!\.test)\.ts$/.test(name))) {
      const file = `${folder}/${name}`;
      if (/tf\.(add|sub)\(w,|backPropagate\(tf\./.test(await readFile(file, 'utf8'))) adding.push(file);
    }
  }
  expect(adding).toEqual([ALGORITHM]);
});
