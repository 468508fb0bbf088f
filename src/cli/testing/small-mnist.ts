/** A small data set and a config for it, which tests of the command line train in a moment. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { DIGIT_SIDE, drawDigit } from '../../data/generated/drawings.js';
import { MNIST_FILES } from '../../data/mnist.js';
import { idx } from '../../data/testing/fixtures.js';

/** A new folder with a small MNIST of drawn digits in the official format: learnable, and made in a moment. */
export async function smallMnist(train = 400, test = 100): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'smoothout-mnist-'));
  const counts = { train, test };
  for (const split of ['train', 'test'] as const) {
    const [images, labels] = MNIST_FILES[split];
    const digits = Uint8Array.from({ length: counts[split] }, (_, i) => i % 10);
    const pixels = new Uint8Array(digits.length * DIGIT_SIDE ** 2);
    digits.forEach((digit, i) => {
      const stream = { seed: 3, purpose: 'test', step: split === 'train' ? 0 : 1, chunk: i } as const;
      drawDigit(digit, stream, pixels, i * DIGIT_SIDE ** 2);
    });
    await writeFile(join(folder, images), idx([digits.length, DIGIT_SIDE, DIGIT_SIDE], pixels));
    await writeFile(join(folder, labels), idx([digits.length], digits));
  }
  return folder;
}

/** A new folder with a config of this small problem, and what is given on top; returns the config's path. */
export async function smallConfig(settings: object = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'smoothout-cli-'));
  const config = {
    experiment: 'small',
    model: 'mlp',
    hidden: [8],
    dataset: 'mnist',
    epochs: 3,
    batchSize: 50,
    optimizer: { learningRate: 0.01 },
    methods: [{ name: 'baseline' }, { name: 'smoothout', noise: { a: 0.01 } }],
    ...settings,
  };
  const path = join(folder, 'small.yaml');
  await writeFile(path, stringify(config));
  return path;
}
