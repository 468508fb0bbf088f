import { expect, test } from 'vitest';
import { alternate, median } from './alternate.js';
import { gradientTask, MEASUREMENTS, select, stepTask, trialOf } from './measurements.js';

const names = (patterns: string[]) => select(patterns).map(({ name }) => name);

test('chosen by the words of their names', () => {
  expect(names(['c1-sb'])).toEqual(['c1-sb-baseline', 'c1-sb-smoothout', 'c1-sb-adasmoothout']);
  expect(names(['f1-baseline', 'product'])).toEqual(['product', 'f1-sb-baseline', 'f1-lb-baseline']);
  expect(names(['gradient'])).toEqual(['f1-gradient', 'c1-gradient', 'resnet44-gradient']);
  expect(() => select(['f1', 'c9'])).toThrow(/--only c9: there is no such measurement; there are product, f1-sb-/);
});

test('no two have the same name', () => {
  expect(new Set(MEASUREMENTS.map(({ name }) => name)).size).toBe(MEASUREMENTS.length);
});

test('steps are those of the configs', async () => {
  const { spec, classes, shape, learningRate } = await stepTask('resnet44-gbn-adasmoothout', 'adasmoothout');
  expect(spec).toMatchObject({
    model: 'resnet44',
    batchSize: 512,
    ghostBatchSize: 128,
    method: { name: 'adasmoothout' },
  });
  expect(spec.optimizer).toMatchObject({ name: 'sgd', momentum: 0.9, weightDecay: 1e-4 });
  expect(learningRate).toBeCloseTo(0.1 * Math.sqrt(512 / 128), 12);
  expect({ classes, shape }).toEqual({ classes: 10, shape: { channels: 3, height: 32, width: 32 } });
  expect(await stepTask('alexnet-gbn-baseline', 'baseline')).toMatchObject({
    classes: 1000,
    spec: { dropout: null, optimizer: { weightDecay: 5e-4 } },
  });
  expect(await gradientTask('c1-gradient')).toMatchObject({ images: 10_000, batchSize: 500, spec: { model: 'c1' } });
});

test('a trial is at most a thousand images, or a ghost batch', async () => {
  const trial = async (name: string) => trialOf(await stepTask(name, 'baseline'));
  expect(await trial('f1-lb-baseline')).toMatchObject({ spec: { batchSize: 1000 } });
  expect(await trial('f1-sb-baseline')).toMatchObject({ spec: { batchSize: 256 } });
  expect(await trial('alexnet-gbn-baseline')).toMatchObject({ spec: { batchSize: 128, ghostBatchSize: 128 } });
  expect(trialOf(await gradientTask('c1-gradient'))).toMatchObject({ images: 500 });
});

test('median', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

test('rounds in turn, every other one backwards; a round lasts as long as was asked for', async () => {
  const asked: string[] = [];
  const side = {
    prepare: async () => ({ seconds: 0 }),
    // A tenth of a second each time, and another when asked first.
    async run(name: string, times: number, untimed: number) {
      const isFirst = !asked.some((request) => request.startsWith(name));
      asked.push(`${name} ${untimed}+${times}`);
      return { seconds: isFirst ? 0.2 : 0.1 * times, outcome: 1 };
    },
    memory: async () => ({ bytes: null }),
    close: async () => undefined,
  };
  const contenders = [
    { side, name: 'a' },
    { side, name: 'b' },
  ];
  const found = await alternate(contenders, { rounds: 3, seconds: 0.55 });
  expect(asked.slice(-6)).toEqual(['a 1+6', 'b 1+6', 'b 1+6', 'a 1+6', 'a 1+6', 'b 1+6']);
  for (const each of found.flat()) expect(each).toBeCloseTo(0.1, 12);
  expect(found.map(({ length }) => length)).toEqual([3, 3]);
});
