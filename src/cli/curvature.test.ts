import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import './testing/expectations.js';
import { type Command, smoothout, words } from './testing/smoothout.js';
import { type TrainedRuns, trainRuns } from './testing/trained-runs.js';

describe('curvature', () => {
  let runs: TrainedRuns;
  let best: string;
  beforeAll(async () => {
    runs = await trainRuns();
    best = runs.best('baseline');
  });

  const curvature: Command = (...line) =>
    smoothout`curvature ${words(...line)} --data ${runs.data} --out ${runs.results}`;
  const record = async () => JSON.parse(await readFile(join(dirname(best), 'curvature.json'), 'utf8'));

  test('one JSON object a checkpoint, kept beside it, with density and layers; files of both', async () => {
    const settings = words`--top 3 --probes 2 --density --per-layer --images 60 --json`;
    const { status, json } = await curvature`--ckpt ${best} ${settings}`;
    expect(status).toBe(0);
    const [first, files] = json;
    expect({ count: json.length, first, files }).toMatchObject({
      ...{ count: 2, first: { event: 'curvature', checkpoint: best }, files: { event: 'files' } },
    });
    expect(first).toMatchObject({
      matrix: 'hessian',
      split: 'train',
      batchNorm: 'running',
      images: 60,
      loss: expect.any(Number),
    });
    expect(first.eigenvalues).toEqual([...first.eigenvalues].sort((a, b) => Math.abs(b) - Math.abs(a)));
    expect({ values: first.eigenvalues.length, residuals: first.residuals.length }).toEqual({
      values: 3,
      residuals: 3,
    });
    // The layer of batch normalisation is a block of its own; its 24 parameters are among the others'.
    expect(
      first.layers.map(({ name, parameters }: { name: string; parameters: number }) => [name, parameters]),
    ).toEqual([
      ['layers.0', 784 * 12 + 12],
      ['layers.1', 24],
      ['layers.3', 130],
    ]);
    for (const part of [first, ...first.layers]) {
      expect(part.density.weights.reduce((a: number, b: number) => a + b, 0)).toBeCloseTo(1, 9);
      expect(Math.abs(part.trace - part.density.trace)).toBeLessThan(1e-9 * Math.abs(part.trace));
      // No block on the diagonal has a larger eigenvalue than the whole.
      expect(Math.abs(part.eigenvalues[0])).toBeLessThanOrEqual(Math.abs(first.eigenvalues[0]) * (1 + 1e-4));
    }
    expect((await record()).measurements).toHaveLength(1);
    const [csv, svg] = await Promise.all(files.paths.map((path: string) => readFile(path, 'utf8')));
    expect(csv.split('\n')[0]).toBe('checkpoint,matrix,split,batch_norm,part,quantity,at,value,error');
    expect(csv).toContain(
      `${best},hessian,train,running,all,eigenvalue,1,${first.eigenvalues[0]},${first.residuals[0]}`,
    );
    expect(svg).toContain('Density of the eigenvalues');
  });

  test('what has been measured is told again, other settings are measured beside it, in a table', async () => {
    const again = await curvature`--ckpt ${best} --top 3 --probes 2 --images 60`;
    expect(again.stderr).toContain('measured before');
    expect(again.stdout).toMatch(/tiny\/baseline, seed 1 +Hessian +9574 /);
    const ggn = await curvature`--ckpt ${best} --top 3 --probes 2 --images 60 --matrix ggn --batch-norm batch --json`;
    expect(ggn.json[0]).toMatchObject({
      matrix: 'ggn',
      batchNorm: 'batch',
      batchSize: 60,
      layers: null,
      density: null,
    });
    // It has no negative eigenvalues.
    expect(Math.min(...ggn.json[0].eigenvalues)).toBeGreaterThan(0);
    expect((await record()).measurements).toHaveLength(2);
  });

  test('interrupted at the second checkpoint (75), the same command goes on with that', async () => {
    const all = [best, runs.best('smoothout')];
    const line = words`--ckpt ${all} --top 2 --probes 150 --images 50 --json`;
    const running = curvature`${line}`;
    await running.says(/"event":"curvature"/);
    running.kill('SIGTERM');
    const stopped = await running;
    expect(stopped.status).toBe(75);
    expect(stopped.json.map(({ checkpoint }) => checkpoint)).toEqual([best]);
    const hidden = (name: string) => name.endsWith('.partial');
    expect((await readdir(dirname(all[1]!))).filter(hidden)).toHaveLength(1);
    const { status, stderr, json } = await curvature`${line}`;
    expect(status).toBe(0);
    expect(stderr).toContain(`${best}: measured before`);
    expect(json[0]).toEqual(stopped.json[0]);
    expect((await readdir(dirname(all[1]!))).filter(hidden)).toEqual([]);
  });

  test('several at once; one that cannot be opened does not stop the others', async () => {
    const others = [best, runs.best('smoothout')];
    const settings = words`--top 1 --probes 2 --images 40 --name together --jobs 2 --json`;
    const { status, stderr, json } =
      await curvature`--ckpt ${join(runs.results, 'none.safetensors')} ${others} ${settings}`;
    expect(status).toBe(5);
    expect(stderr).toContain('none.safetensors');
    const files = json.find(({ event }) => event === 'files');
    expect(files.paths).toEqual(['csv', 'svg'].map((ending) => join(runs.results, 'figures', `together.${ending}`)));
    expect(new Set(json.map(({ checkpoint }) => checkpoint))).toEqual(new Set([...others, undefined]));
  });

  test.each([
    ['--ckpt x --top 0', '--top 0: expected a whole number from 1 to 1000'],
    ['--ckpt x --matrix fisher', 'Allowed choices are hessian, ggn'],
  ])('%s is a usage error', async (line, saying) => {
    expect(await curvature`${line.split(' ')}`).toBeRefused({ status: 2, saying });
  });
});
