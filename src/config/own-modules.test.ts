/** Mistakes in a user's network, data set or method, each told with the file and the function. */
import * as tf from '@tensorflow/tfjs';
import { describe, expect, test } from 'vitest';
import { openOwnDataset } from '../data/own.js';
import { chain, dropout, flattenImages, type Layer, linear } from '../nn/layers.js';
import { buildLayout } from '../nn/layout.js';
import { buildModel } from '../nn/model.js';
import { ownMethod } from '../smoothout/own.js';
import { REGISTER } from './own-modules.js';

const FILE = '/of/a/user/mine.ts';
const said = (what: string) => expect.objectContaining({ code: 'CONFIG_INVALID', message: `${FILE}: ${what}` });

/** What is thrown, now or later. */
async function thrownBy(call: () => unknown): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('a network', () => {
  const images = { channels: 1, height: 2, width: 2 };
  const out = (inputs: number, outputs: number) => linear(inputs, outputs, { bias: true })('out');
  async function use(build: () => unknown) {
    REGISTER.network(FILE, { title: 'Mine', build, dropout: 0.5 });
    const { forward, layout } = await buildModel(FILE, { classes: 2, inputShape: images });
    await tf.setBackend('cpu');
    const zeros = layout.parameters.map(({ name, shape }) => [name, tf.zeros([...shape])]);
    return forward(
      { parameters: Object.fromEntries(zeros), statistics: {}, images: tf.zeros([3, 1, 2, 2]) },
      'running',
    );
  }

  test.each<[string, () => unknown, string]>([
    ['returns nothing', () => {}, 'build() returned undefined, expected a Layer'],
    ['returns a number', () => 3, 'build() returned 3, expected a Layer'],
    ['is asynchronous', () => Promise.reject(new Error('no')), 'build() returned a promise, expected a Layer'],
    ['has no name', () => linear(4, 2, { bias: true }), 'build() returned a function, expected a Layer'],
    [
      'throws',
      () => {
        throw new Error('no');
      },
      'build() threw: no',
    ],
    [
      'has a layer of a negative width',
      () => out(4, -8),
      'build() returned no Layer: out.weight: parameters.0.shape.0: expected a whole number of at least 1, got -8',
    ],
    ['has two layers of one name', () => chain(out(4, 4), out(4, 4)), 'build(): two layers have the name "out.weight"'],
    [
      'has two dropout layers of one name',
      () => chain(dropout(0.5, 4)('drop'), dropout(0.5, 4)('drop')),
      'build(): two layers have the name "drop"',
    ],
    [
      'has a layer that does not fit its input',
      () => chain(flattenImages, out(5, 2)),
      'its forward pass threw: out: expected […, 5], was given [3, 4]',
    ],
    [
      'has other classes than the data set',
      () => chain(flattenImages, out(4, 3)),
      'its forward pass: it makes [3, 3] of a batch, expected [3, 2]: a number for each of the 2 classes of the data set',
    ],
    [
      'draws random numbers',
      (): Layer => ({ ...out(4, 2), apply: () => tf.randomNormal([3, 2]) }),
      'its forward pass draws random numbers: the same seed would give other results each time',
    ],
    [
      'drops units by itself',
      (): Layer => ({ ...out(4, 2), apply: () => tf.dropout(tf.ones([3, 2]), 0.5) }),
      'its forward pass draws random numbers: the same seed would give other results each time',
    ],
    [
      'makes nothing',
      (): Layer => ({ ...out(4, 2), apply: (() => {}) as unknown as Layer['apply'] }),
      'its forward pass: it makes no tensor of a batch, expected [3, 2]: a number for each of the 2 classes of the data set',
    ],
  ])('that %s', async (_, build, saying) => {
    expect(await thrownBy(() => use(build))).toEqual(said(saying));
  });

  test('that is right', async () => {
    expect((await use(() => chain(flattenImages, out(4, 2)))).logits.shape).toEqual([3, 2]);
  });
});

describe('a data set', () => {
  test.each<[string, () => unknown, string]>([
    [
      'that throws',
      () => {
        throw new Error('no');
      },
      'load() threw: no',
    ],
    ['that is rejected', () => Promise.reject(new Error('no')), 'load() threw: no'],
    ['that returns nothing', async () => {}, 'load() returned undefined, expected a data set, { train, test }'],
    [
      'without a test set',
      async () => ({ train: { images: [], labels: [] } }),
      'load() returned no data set, { train, test }: test is missing: expected a mapping',
    ],
  ])('%s', async (_, load, saying) => {
    REGISTER.dataset(FILE, { title: 'Mine', classes: 2, shape: { channels: 1, height: 2, width: 2 }, load });
    expect(await thrownBy(() => openOwnDataset(FILE, '.'))).toEqual(said(saying));
  });
});

describe('a method', () => {
  const common = { shape: [2], role: 'weight', initial: { kind: 'constant', value: 0 } } as const;
  const layout = buildLayout([{ name: 'w', ...common }], []);
  const plain = { noise: null, evaluations: 1, gradient: (w: tf.Tensor, given: Passing) => given.backPropagate(w) };
  interface Passing {
    backPropagate(w: unknown): { gradient: tf.Tensor };
  }
  const backPropagate = (w: tf.Tensor1D) => ({ gradient: w, statistics: w });
  async function use(build: () => unknown, given = backPropagate) {
    REGISTER.method(FILE, { title: 'Mine', build });
    const { gradient } = ownMethod(FILE).build({ noise: null, settings: {} }, layout);
    await tf.setBackend('cpu');
    const [u, a] = [tf.tensor1d([0, 0]), tf.scalar(1)];
    return gradient(tf.tensor1d([1, 2]), { u, a, memory: {}, backPropagate: given as never });
  }
  const computing = (gradient: (w: tf.Tensor, given: Passing) => unknown) => () => ({ ...plain, gradient });

  test.each<[string, () => unknown, string]>([
    ['returns nothing', () => {}, 'build() returned undefined, expected a Method'],
    [
      'costs no number of gradients',
      () => ({ ...plain, evaluations: 'a' }),
      'build() returned no Method: evaluations: expected a whole number of at least 1, got "a"',
    ],
    [
      'costs nothing',
      () => ({ ...plain, evaluations: 0 }),
      'build() returned no Method: evaluations: expected a whole number of at least 1, got 0',
    ],
    [
      'has noise of an unknown distribution',
      () => ({
        ...plain,
        noise: { distribution: 'cauchy', a: 1, schedule: 'constant', per: 'step', parameters: 'all' },
      }),
      'build() returned no Method: noise.distribution: expected one of uniform, gaussian, got "cauchy"',
    ],
    [
      'throws',
      computing(() => {
        throw new Error('no');
      }),
      'gradient() threw: no',
    ],
    ['makes nothing of its batch', computing(() => {}), 'gradient() did not call backPropagate'],
    [
      'returns no gradient',
      computing((w, given) => void given.backPropagate(w)),
      'gradient() returned undefined without gradient',
    ],
    [
      'drops what else its pass had',
      computing((w, given) => ({ gradient: given.backPropagate(w).gradient })),
      'gradient() returned { gradient } without statistics',
    ],
    [
      'returns a gradient of another shape',
      computing((w, given) => ({ ...given.backPropagate(w), gradient: tf.zeros([3]) })),
      'gradient() returned as gradient a tensor of the shape [3], expected [2]',
    ],
    [
      'goes back from elsewhere',
      computing((_, given) => given.backPropagate(tf.zeros([3]))),
      'gradient() called backPropagate at a tensor of the shape [3], expected [2]',
    ],
    [
      'draws random numbers',
      computing((w, given) => given.backPropagate(tf.add(w, tf.randomUniform([2])))),
      'gradient() draws random numbers: the same seed would give other results each time',
    ],
    [
      'forgets its memory',
      () => ({ ...plain, memory: ['mean'] }),
      'gradient() returned as memory.mean undefined, expected [2]',
    ],
  ])('that %s', async (_, build, saying) => {
    expect(await thrownBy(() => use(build))).toEqual(said(saying));
  });

  test('is not blamed for a pass that fails', async () => {
    const fault = new Error('of the engine');
    const failing = () => {
      throw fault;
    };
    expect(await thrownBy(() => use(() => plain, failing))).toBe(fault);
  });

  test('that is right', async () => {
    expect(Array.from((await use(() => plain)).gradient.dataSync())).toEqual([1, 2]);
  });
});
