import { expect, test } from 'vitest';
import { groupRuns } from '../groups.js';
import { loadRuns } from '../runs.js';
import { type FixtureRun, resultsFolder, writeRuns } from '../testing/fixture-runs.js';
import { renderSvg, type UndrawnFigure } from './drawing.js';
import { strengthFigures } from './strength.js';

/** A trial of C1 at batch 256 as `smoothout tune` names it. */
function trial(a: number, seed: number, bestAccuracy: number, over: Partial<FixtureRun> = {}): FixtureRun {
  const config = {
    model: 'c1',
    dataset: 'cifar10',
    batchSize: 256,
    epochs: 4,
    validation: 'holdout:5000',
    ...over.config,
  };
  const label = `smoothout-a${a}`;
  const methods = [{ name: 'smoothout', label, noise: { a } }];
  return { experiment: 'c1-scan-tune', method: label, seed, bestAccuracy, ...over, config: { methods, ...config } };
}

async function figuresOf(runs: readonly FixtureRun[]): Promise<UndrawnFigure[]> {
  const results = await resultsFolder();
  await writeRuns(results, runs);
  const loaded = (await loadRuns(`${results}/runs`)).runs;
  const unfinished = loaded.filter(({ record }) => record.status !== 'completed');
  return strengthFigures(groupRuns(loaded), unfinished);
}

interface Panel {
  readonly title: { readonly text: string };
  readonly data: { readonly values: { a: number; error: number; low: number; high: number }[] };
}
const panelsOf = ({ spec }: UndrawnFigure) => (spec as unknown as { vconcat: Panel[] }).vconcat;
const pointsOf = ({ data }: Panel) =>
  data.values.map(({ a, error, low, high }) => [a, error, low, high].map((value) => Number(value.toFixed(4))));

test('the trials of tune with their intervals, and the curve of others over the same axis', async () => {
  const scan = [trial(0.005, 1, 75), trial(0.005, 2, 77), trial(0, 1, 74), trial(0, 2, 76), trial(0.07, 1, 40)];
  const diverged = trial(0.5, 1, 10, { record: { status: 'diverged', epochsDone: 1 } });
  const longer = trial(0.9, 1, 10, { config: { epochs: 8 }, record: { status: 'diverged', epochsDone: 1 } });
  const generated = trial(0.8, 1, 10, { synthetic: true, record: { status: 'diverged', epochsDone: 1 } });
  const [figure, ...more] = await figuresOf([...scan, diverged, longer, generated]);
  expect(more).toEqual([]);
  expect(figure).toMatchObject({ section: 'strength', name: 'strength-c1-scan-smoothout' });
  expect(figure!.caption).toContain(
    'Error on 5000 held-out training images at the best of 4 epochs; means over 1 to 2 seeds',
  );
  expect(figure!.caption).toContain('Diverged at 0.5. Below: Bisla et al.: WRN16-8 on CIFAR-10, batch 128');
  const [own, others] = panelsOf(figure!);
  // Of two values the interval is t(0.975, 1) · |difference| / 2 = 12.706.
  expect(pointsOf(own!)).toEqual([
    [0, 25, 12.2938, 37.7062],
    [0.005, 24, 11.2938, 36.7062],
    [0.07, 60, 60, 60],
  ]);
  expect(pointsOf(others!)).toContainEqual([0.0375, 5.41, 5.41, 5.41]);
  expect(await renderSvg(figure!.spec)).toContain('Bisla et al.');
});

test('other data have no curve of others beside them, and generated data neither', async () => {
  const mnist = { config: { model: 'f1', dataset: 'mnist' } };
  const [figure] = await figuresOf([trial(0.01, 1, 97, mnist), trial(0.02, 1, 98, mnist)]);
  expect(panelsOf(figure!).map(({ title }) => title.text)).toEqual(['Here: F1 on MNIST, batch 256, 4 epochs']);
  const made = { synthetic: true };
  const [generated] = await figuresOf([trial(0.01, 1, 97, made), trial(0.02, 1, 98, made)]);
  expect(panelsOf(generated!)).toHaveLength(1);
  expect(generated!.name).toBe('strength-c1-scan-smoothout-generated');
});

test('one strength, or trials that differ in more than it, are no curve', async () => {
  expect(await figuresOf([trial(0.01, 1, 70), trial(0.01, 2, 71)])).toEqual([]);
  const faster = { method: 'smoothout-a0.01-lr', config: { optimizer: { learningRate: 0.01 } } };
  const label = { methods: [{ name: 'smoothout', label: 'smoothout-a0.01-lr', noise: { a: 0.01 } }] };
  const other = trial(0.01, 1, 71, { ...faster, config: { ...faster.config, ...label } });
  expect(await figuresOf([trial(0.01, 1, 70), other, trial(0.02, 1, 72)])).toEqual([]);
});
