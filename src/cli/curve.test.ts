import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { parseCurveCsv } from '../records/curve-record.js';
import { loadCurves } from '../report/curves.js';
import './testing/expectations.js';
import { type Command, smoothout, words } from './testing/smoothout.js';
import { type TrainedRuns, trainRuns } from './testing/trained-runs.js';

describe('sensitivity, interpolate and landscape', () => {
  let runs: TrainedRuns;
  beforeAll(async () => {
    runs = await trainRuns();
  });

  const draw: Command = (...line) => smoothout`${words(...line)} --data ${runs.data} --out ${runs.results}`;
  const both = () => [runs.best('baseline'), runs.best('smoothout')];
  const figure = (name: string) => readFile(join(runs.results, 'figures', name), 'utf8');
  const texts = (svg: string): string[] => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((match) => match[1]!);

  test('sensitivity: a table with slopes, and the three files', async () => {
    const { status, stdout } = await draw`sensitivity --ckpt ${both()} --noise 0:0.2:0.1`;
    expect(status).toBe(0);
    const [header, first, second] = stdout.split('\n');
    expect(header).toMatch(/^checkpoint +split +a +loss +accuracy % +s = ΔC̄\/Δa$/);
    expect(first).toMatch(/^tiny\/baseline, seed 1 +train +0 +[\d.]+ +[\d.]+$/);
    expect(second).toMatch(/^tiny\/baseline, seed 1 +train +0\.1 +[\d.]+ +[\d.]+ +-?[\d.e-]+$/);
    const name = 'sensitivity-tiny-baseline-1-vs-tiny-smoothout-1';
    expect(stdout).toContain(join(runs.results, 'figures', `${name}.csv`));
    const { kind, points } = parseCurveCsv(await figure(`${name}.csv`))!;
    expect({ kind, count: points.length }).toEqual({ kind: 'sensitivity', count: 2 * 2 * 3 });
    expect(points.map(({ detail, split }) => `${split} ${detail}`)).toContain('train 5');
    const settings = JSON.parse(await figure(`${name}.json`));
    expect(settings).toMatchObject({ version: 1, kind: 'sensitivity', noise: [0, 0.1, 0.2], batchSize: 100, seed: 1 });
    expect(settings.slopes[0]).toMatchObject({ checkpoint: runs.best('baseline'), split: 'train' });
    const [zero, one] = points as [(typeof points)[0], (typeof points)[0]];
    expect(settings.slopes[0].s[0]).toBeCloseTo((one.loss - zero.loss) / 0.1, 9);
    expect(texts(await figure(`${name}.svg`))).toEqual(
      expect.arrayContaining([
        'Strength of the noise, a',
        'Loss (filled marks, log scale)',
        'Accuracy, % (hollow marks)',
      ]),
    );
  });

  test('interpolate: 31 points from −1 to 2 on both splits', async () => {
    const [from, to] = both() as [string, string];
    const { status } = await draw`interpolate --from ${from} --to ${to}`;
    expect(status).toBe(0);
    const { points } = parseCurveCsv(await figure('interpolate-tiny-baseline-1-vs-tiny-smoothout-1.csv'))!;
    expect(points.filter(({ split }) => split === 'train').map(({ x }) => x)).toEqual(
      Array.from({ length: 31 }, (_, i) => Math.round(10 * (i / 10 - 1)) / 10),
    );
    expect(points[0]).toMatchObject({ checkpoints: [from, to], detail: 'interpolated' });
  });

  test('barrier: every pair of an experiment, with interpolated and with re-estimated statistics', async () => {
    const { status, stdout } = await draw`barrier tiny --alpha 0,0.25,0.5,1`;
    expect(status).toBe(0);
    const [header, ...lines] = stdout.split('\n\n')[0]!.split('\n');
    expect(header).toMatch(/^from +to +split +statistics +barrier +at α +of the error, points$/);
    const { barriers } = JSON.parse(await figure('barrier-tiny.json'));
    expect(barriers.map(({ split, statistics }: Record<string, string>) => `${split} ${statistics}`)).toEqual([
      ...['train interpolated', 'test interpolated', 'train re-estimated', 'test re-estimated'],
    ]);
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/^tiny\/baseline, seed 1 +tiny\/smoothout, seed 1 +train +interpolated +[\d.]+ +0\.?\d* /);
    // The same points as `interpolate` has, and the barrier from them.
    const [from, to] = both() as [string, string];
    const elsewhere = ['--data', runs.data, '--out', await mkdtemp(join(tmpdir(), 'smoothout-line-'))];
    const line = words`--from ${from} --to ${to} --alpha 0,0.25,0.5,1 --split train --json`;
    const points = (await smoothout`interpolate ${line} ${elsewhere}`).json.slice(0, 4);
    const [first, , , last] = points.map(({ loss }) => loss);
    const above = points.map(({ alpha, loss }) => loss - ((1 - alpha) * first + alpha * last));
    expect(barriers[0].loss).toBeCloseTo(Math.max(0, ...above), 9);
    expect(barriers[0]).toMatchObject({ from, to });
    expect(texts(await figure('barrier-tiny.svg'))).toEqual(
      expect.arrayContaining([
        'training set, statistics re-estimated',
        'Loss (log scale)',
        'tiny: baseline – smoothout, 1 pair',
      ]),
    );
    expect((await loadCurves(join(runs.results, 'figures'))).problems).toEqual([]);
  });

  test('interpolate: chosen points, statistics estimated anew, a name, JSON lines', async () => {
    const [from, to] = both() as [string, string];
    const args = words`--alpha -0.5,1 --statistics reestimate --split test --name mine --json`;
    const { json } = await draw`interpolate --from ${from} --to ${to} ${args}`;
    expect(json).toMatchObject([
      { event: 'interpolate', alpha: -0.5, split: 'test', statistics: 're-estimated' },
      { event: 'interpolate', alpha: 1, split: 'test', from, to },
      {
        event: 'files',
        paths: ['csv', 'json', 'svg'].map((ending) => join(runs.results, 'figures', `mine.${ending}`)),
      },
    ]);
  });

  test('landscape: every direction in the CSV, their mean in the table', async () => {
    const args = words`--alpha -0.5:0.5:0.5 --directions 2 --split test --distribution gaussian`;
    const { status, stdout } = await draw`landscape --ckpt ${runs.best('baseline')} ${args}`;
    expect(status).toBe(0);
    const { points } = parseCurveCsv(await figure('landscape-tiny-baseline-1-test-2-directions-gaussian.csv'))!;
    expect(points.map(({ x, detail }) => `${x} ${detail}`)).toEqual([
      '-0.5 1',
      '0 1',
      '0.5 1',
      '-0.5 2',
      '0 2',
      '0.5 2',
    ]);
    const mean = (points[0]!.loss + points[3]!.loss) / 2;
    expect(stdout.split('\n')[1]).toMatch(new RegExp(`^tiny/baseline, seed 1 +test +-0\\.5 +${mean.toPrecision(5)} `));
    expect(points[1]!.loss).toBe(points[4]!.loss);
  });

  test('landscape --plane: a grid, drawn with both axes labelled', async () => {
    const args = words`--plane --alpha -0.5:0.5:0.5 --split test --images 100`;
    const { status, stderr } = await draw`landscape --ckpt ${both()} ${args}`;
    expect(status, stderr).toBe(0);
    const [header, ...lines] = (await figure('plane-tiny-baseline-1-vs-tiny-smoothout-1-test-100-images.csv'))
      .trimEnd()
      .split('\n');
    expect(header).toBe('alpha,beta,split,loss,accuracy,direction,checkpoint');
    expect(lines).toHaveLength(2 * 9);
    const labels = texts(await figure('plane-tiny-baseline-1-vs-tiny-smoothout-1-test-100-images.svg'));
    expect(labels).toEqual(
      expect.arrayContaining(['α, in norms of each filter', 'β, in norms of each filter', 'Loss']),
    );
    expect(labels).toContain('tiny/smoothout, seed 1, test set');
  });

  test('what is measured of other weights, images or directions has files of its own', async () => {
    const best = runs.best('baseline');
    const last = join(dirname(best), 'last.safetensors');
    const apart = await mkdtemp(join(tmpdir(), 'smoothout-apart-'));
    const common = words`--images 100 --data ${runs.data} --out ${apart}`;
    for (const args of [
      words`sensitivity --ckpt ${best} --noise 0`,
      words`sensitivity --ckpt ${last} --noise 0`,
      words`interpolate --from ${best} --to ${last} --alpha 0`,
      words`interpolate --from ${best} --to ${last} --alpha 0 --statistics reestimate`,
      words`landscape --ckpt ${best} --alpha 0 --split train`,
      words`landscape --ckpt ${best} --alpha 0 --split test`,
      words`landscape --ckpt ${best} --alpha 0 --fixed biasbn --seed 2`,
    ]) {
      expect((await smoothout`${args} ${common}`).status).toBe(0);
    }
    const names = await readdir(join(apart, 'figures'));
    expect(names.filter((name) => name.endsWith('.csv')).sort()).toEqual([
      'interpolate-tiny-baseline-1-vs-tiny-baseline-1-last-100-images-reestimate.csv',
      'interpolate-tiny-baseline-1-vs-tiny-baseline-1-last-100-images.csv',
      'landscape-tiny-baseline-1-100-images-seed-2-biasbn.csv',
      'landscape-tiny-baseline-1-test-100-images.csv',
      'landscape-tiny-baseline-1-train-100-images.csv',
      'sensitivity-tiny-baseline-1-100-images.csv',
      'sensitivity-tiny-baseline-1-last-100-images.csv',
    ]);
  });

  test('the report takes the curves', async () => {
    const { files, problems } = await loadCurves(join(runs.results, 'figures'));
    expect(problems).toEqual([]);
    expect(files.map(({ kind }) => kind).sort()).toEqual(['interpolate', 'interpolate', 'landscape', 'sensitivity']);
    const [sensitivity] = files.filter(({ kind }) => kind === 'sensitivity');
    expect(sensitivity!.runOf(runs.best('smoothout'))).toEqual({ experiment: 'tiny', method: 'smoothout', seed: 1 });
  });

  test('interrupted, a curve keeps the points that it has', async () => {
    const running = draw`landscape --ckpt ${runs.best('baseline')} --alpha 0:1:0.0002 --name long --json`;
    await running.says(/^\{/m);
    running.kill('SIGTERM');
    const { status, lines } = await running;
    expect(status).toBe(75);
    const { state } = JSON.parse(await figure('.long.partial/state.json'));
    expect(Object.keys(state)).toHaveLength(lines.length);
    expect(await readdir(join(runs.results, 'figures'))).not.toContain('long.csv');
  });

  test.each([
    ['sensitivity --ckpt x --noise -1:1:1', '--noise -1:1:1: -1 is no strength of U(−a, a)'],
    ['interpolate --from x', "option '--to <file>' not specified"],
    ['barrier tiny --alpha 0:0.5:0.1', '--alpha: a barrier needs points from 0 to 1, with both ends'],
    ['barrier tiny --pairs seeds', '--pairs seeds: there is no such pair among 2 checkpoints'],
    ['barrier tiny/baseline', 'tiny/baseline: a pair needs two checkpoints, and there is one'],
    ['landscape --ckpt x --alpha 1:2', '--alpha 1:2: not a range'],
    ['landscape --ckpt x --directions 0', '--directions 0: expected a whole number of at least 1'],
  ])('%s is a usage error', async (line, saying) => {
    expect(await draw`${line.split(' ')}`).toBeRefused({ status: 2, saying });
  });

  test('a name that leads elsewhere is refused, and a checkpoint that is none', async () => {
    const named = await draw`landscape --ckpt ${runs.best('baseline')} --name ../x --alpha 0`;
    expect(named).toBeRefused({ status: 2, saying: '--name ../x: expected' });
    const missing = await draw`landscape --ckpt ${join(runs.results, 'none.safetensors')}`;
    expect(missing).toBeRefused({ status: 5, saying: 'there is no such file' });
  });
});
