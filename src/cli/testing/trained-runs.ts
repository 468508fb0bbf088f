/** Finished runs that tests of the analyses measure. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeMnist } from '../../data/testing/fixtures.js';
import { smoothout } from './smoothout.js';

export interface TrainedRuns {
  /** A data folder with a tiny MNIST. */
  readonly data: string;
  /** The results folder. */
  readonly results: string;
  /** The best checkpoint of a method's run. */
  readonly best: (method: 'baseline' | 'smoothout') => string;
}

const CONFIG = `
experiment: tiny
model: mlp
dataset: mnist
hidden: [12]
epochs: 4
batchSize: 50
methods: [{ name: baseline }, { name: smoothout, noise: { a: 0.02 } }]
`;

/** Two runs of a perceptron of 9,574 parameters on 500 images, trained by the built program. */
export async function trainRuns(): Promise<TrainedRuns> {
  const folder = await mkdtemp(join(tmpdir(), 'smoothout-analyses-'));
  const data = await writeMnist(500, 250);
  const results = join(folder, 'results');
  const config = join(folder, 'tiny.yaml');
  await writeFile(config, CONFIG);
  const { status, stderr } = await smoothout`run ${config} --data ${data} --out ${results}`;
  if (status !== 0) throw new Error(`smoothout run ended with ${status}:\n${stderr}`);
  return {
    data,
    results,
    best: (method) => join(results, 'runs', 'tiny', method, 'seed-1', 'best.safetensors'),
  };
}
