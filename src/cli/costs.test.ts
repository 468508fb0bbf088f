/** What runs will cost, and the plan that fits a budget. */
import { readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import './testing/expectations.js';
import { smallConfig, smallMnist } from './testing/small-mnist.js';
import { smoothout } from './testing/smoothout.js';

test('a dry run tells of each run what is left to pay, and measures each network once', async () => {
  const data = await smallMnist();
  const config = await smallConfig({ seeds: [1, 2], methods: [{ name: 'baseline' }] });
  const [out, cache] = ['results', 'cache'].map((name) => join(dirname(config), name)) as [string, string];
  const { status } = await smoothout`run ${config} --seed 2 --data ${data} --out ${out}`;
  expect(status).toBe(0);
  const here = smoothout.with({ env: { XDG_CACHE_HOME: cache } });
  const dryRun = () => here`run ${config} --dry-run --data ${data} --out ${out}`;
  const { stdout, stderr } = await dryRun();
  expect(stderr).toContain('measuring mlp at batch 50, baseline\n');
  expect(stderr).toMatch(/^small +baseline +1 +\d+ +\d+ s +\d+ MB +1 MB$/m);
  expect(stderr).toMatch(/^small +baseline +2 +finished$/m);
  expect(stderr).toMatch(/^About \d+ s for all, one after another; \d+ MB of memory, 1 MB of disk$/m);
  const again = await dryRun();
  expect(again.stderr).not.toContain('measuring');
  expect(again.stdout).toBe(stdout);
  // What cannot be read is measured again.
  await writeFile(join(cache, 'smoothout', 'speeds.json'), '{"a": 1}');
  expect((await dryRun()).stderr).toContain('measuring');
});

test('a budget leaves out what does not fit, and the rest is trained', async () => {
  const data = await smallMnist();
  const short = await smallConfig({ epochs: 1, methods: [{ name: 'baseline' }] });
  const long = await smallConfig({ experiment: 'long', epochs: 10_000_000, methods: [{ name: 'baseline' }] });
  const out = join(dirname(short), 'results');
  const { status, stdout, stderr } = await smoothout`run ${long} ${short} --budget 1h --data ${data} --out ${out}`;
  expect(status).toBe(0);
  expect(stderr).toContain('1 of 2 runs are left to do and fit (--budget)\n');
  expect(stdout).toMatch(/^small +baseline .*completed$/m);
  expect(await readdir(join(out, 'runs'))).toEqual(['small']);
});

test('without data there is a plan but no estimate, and no budget', async () => {
  const config = await smallConfig();
  const dryRun = (...more: readonly string[]) => smoothout`run ${config} --dry-run --data ${dirname(config)} ${more}`;
  const { status, stdout, stderr } = await dryRun();
  expect({ status, documents: stdout.split('---\n').length }).toEqual({ status: 0, documents: 2 });
  expect(stderr).toContain('no estimate: mnist: no train-images-idx3-ubyte');
  expect(await dryRun('--budget', '1h')).toBeRefused({ status: 4, saying: 'mnist: no train-images-idx3-ubyte' });
});
