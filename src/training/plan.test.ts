import { describe, expect, test } from 'vitest';
import { readMetrics } from '../records/metrics.js';
import { planOf } from './plan.js';
import { resultsOf, tinySpec, trainTiny } from './testing/tiny.js';

/** 60 images in batches of 16: three of 16 and one of 12. */
const plan = (settings: object, evaluations = 1) => planOf(tinySpec(settings), 60, evaluations);

describe('a budget', () => {
  test('in epochs is whole epochs', () => {
    const { epochs, updates, sizes } = plan({ epochs: 3 }, 2);
    expect({ epochs, updates, sizes: sizes(2) }).toEqual({ epochs: 3, updates: 12, sizes: [16, 16, 16, 12] });
  });

  test('in updates may end within an epoch', () => {
    const { epochs, updates, sizes } = plan({ budget: { updates: 6 } });
    expect({ epochs, updates, sizes: sizes(1) }).toEqual({ epochs: 2, updates: 6, sizes: [16, 16] });
  });

  test('in gradients gives a method of two gradients an update half as many updates', () => {
    expect(plan({ budget: { gradients: 12 } }, 1).updates).toBe(12);
    expect(plan({ budget: { gradients: 13 } }, 2).updates).toBe(6);
  });
});

test.each([
  ['baseline', 7, 7],
  ['sam', 3, 6],
])('%s takes what it may and records it', async (name, updates, gradientEvaluations) => {
  const { record, paths } = await trainTiny(tinySpec({ budget: { gradients: 7 }, methods: [{ name }] }));
  const epochs = Math.ceil(updates / 4);
  expect(record).toMatchObject({ status: 'completed', epochs, epochsDone: epochs, gradientEvaluations });
  expect((await readMetrics(paths.metrics)).at(-1)!.step).toBe(updates);
});

test('as many updates as epochs have are the same run', async () => {
  const epochs = await resultsOf(await trainTiny(tinySpec({ epochs: 2 })));
  expect(await resultsOf(await trainTiny(tinySpec({ epochs: 1, budget: { updates: 8 } })))).toEqual(epochs);
});

test('a budget that ends within an epoch resumes to the same bits', async () => {
  const spec = tinySpec({ budget: { updates: 6 } });
  const stopped = await trainTiny(spec, { stopAfter: 5 });
  expect(stopped.record).toBeNull();
  expect(await resultsOf(await trainTiny(spec, { out: stopped.out }))).toEqual(await resultsOf(await trainTiny(spec)));
});
