/** What is measured: the networks of the paper at its batch sizes, and what is hoped for. */
import { join } from 'node:path';
import { usualBatchSize } from '../../src/analysis/split-loss.js';
import { loadConfigs } from '../../src/config/load.js';
import { resolveRuns } from '../../src/config/resolve.js';
import { configSchema, type RunSpec } from '../../src/config/schema.js';
import { catalogueEntry, imageShape } from '../../src/data/catalogue.js';
import { buildModel } from '../../src/nn/model.js';
import { learningRateAt } from '../../src/optim/learning-rate.js';
import { at } from '../../src/support/at.js';
import { PACKAGE_FOLDER } from '../../src/support/versions.js';
import type { GradientTask, StepTask, Task } from './protocol.js';

export const STEP_METHODS = ['baseline', 'smoothout', 'adasmoothout'] as const;
type StepMethod = (typeof STEP_METHODS)[number];

export interface Measurement {
  /** Words between hyphens: `--only` chooses by them. */
  readonly name: string;
  /** Which table it goes into. Today `channels_last` competes in every row; it once had a table of its own. */
  readonly kind: 'product' | 'step' | 'method' | 'gradient' | 'channelsLast';
  /** What the table calls it. */
  readonly title: string;
  /** Of the ratio that the table gives: at least so much, for methods at most. */
  readonly aim: number | null;
}

interface Network {
  readonly id: string;
  readonly title: string;
  /** Of configs/. */
  readonly config: string;
  readonly set?: readonly string[];
  readonly aim: number;
  /** Of the methods' steps over the baseline's, where it is not `METHOD_AIM`. */
  readonly methodAim?: number;
}

const METHOD_AIM = 1.03;

/** A step of 2048 or 16,384 images in ghost batches only repeats what a few of them show. */
const NETWORKS: readonly Network[] = [
  // It has the least work to hide the noise in.
  { id: 'f1-sb', title: 'F1, batch 256', config: 'f1-sb', aim: 1.4, methodAim: 1.08 },
  { id: 'f1-lb', title: 'F1, batch 6000', config: 'f1-lb', aim: 1.7 },
  { id: 'c1-sb', title: 'C1, batch 256', config: 'c1-sb', aim: 1.5 },
  { id: 'c1-lb', title: 'C1, batch 5000', config: 'c1-lb', aim: 1.6 },
  { id: 'c3-sb', title: 'C3, batch 256', config: 'c3-sb', aim: 1.5 },
  { id: 'c3-lb', title: 'C3, batch 5000', config: 'c3-lb', aim: 1.6 },
  { id: 'resnet44-sb', title: 'ResNet44, batch 128', config: 'resnet44-cifar10-sb', aim: 1 },
  {
    id: 'resnet44-gbn',
    title: 'ResNet44, 4 ghost batches of 128',
    config: 'resnet44-cifar10-lb-gbn',
    set: ['batchSize=512'],
    aim: 1,
  },
  {
    id: 'alexnet-gbn',
    title: 'AlexNet, 2 ghost batches of 128',
    config: 'alexnet-lb-gbn',
    set: ['batchSize=256'],
    aim: 1,
  },
];

/** The names of the steps that are measured. */
export const STEPS = NETWORKS.map(({ id }) => id);

interface Split {
  readonly id: string;
  readonly title: string;
  readonly config: string;
  readonly images: number;
  readonly aim: number | null;
}

const SPLITS: readonly Split[] = [
  { id: 'f1', title: 'F1, 10,000 images', config: 'f1-sb', images: 10_000, aim: 1.7 },
  { id: 'c1', title: 'C1, 10,000 images', config: 'c1-sb', images: 10_000, aim: 1.5 },
  { id: 'resnet44', title: 'ResNet44, 2,000 images', config: 'resnet44-cifar10-sb', images: 2000, aim: null },
];

const METHOD_TITLES = { smoothout: 'SmoothOut', adasmoothout: 'AdaSmoothOut' };

export const MEASUREMENTS: readonly Measurement[] = [
  { name: 'product', kind: 'product', title: 'Product of two matrices, 2048 × 2048', aim: null },
  ...NETWORKS.flatMap(({ id, title, aim, methodAim = METHOD_AIM }): Measurement[] => [
    { name: `${id}-baseline`, kind: 'step', title, aim },
    ...Object.entries(METHOD_TITLES).map(([method, methodTitle]): Measurement => {
      return { name: `${id}-${method}`, kind: 'method', title: `${title}: ${methodTitle}`, aim: methodAim };
    }),
  ]),
  ...SPLITS.map(({ id, title, aim }): Measurement => ({ name: `${id}-gradient`, kind: 'gradient', title, aim })),
];

/** Those whose name has all words of one of the patterns: `c1-smoothout`, `gradient`. @throws for one that has none */
export function select(patterns: readonly string[]): Measurement[] {
  const fits = ({ name }: Measurement, pattern: string) => {
    const words = name.split('-');
    return pattern.split('-').every((word) => words.includes(word));
  };
  for (const pattern of patterns) {
    if (MEASUREMENTS.some((measurement) => fits(measurement, pattern))) continue;
    const names = MEASUREMENTS.map(({ name }) => name).join(', ');
    throw new Error(`--only ${pattern}: there is no such measurement; there are ${names}`);
  }
  return MEASUREMENTS.filter((measurement) => patterns.some((pattern) => fits(measurement, pattern)));
}

/** A training step of the network that a measurement is named after, with the method given. */
export async function stepTask(name: string, method: StepMethod): Promise<StepTask> {
  const { config, set = [] } = NETWORKS.find(({ id }) => name.startsWith(`${id}-`))!;
  return taskOf(await specOf(config, set, method));
}

export function taskOf(spec: RunSpec): StepTask {
  return { kind: 'step', ...imagesOf(spec), learningRate: learningRateAt(0, spec) };
}

export async function gradientTask(name: string): Promise<GradientTask> {
  const { config, images } = SPLITS.find(({ id }) => name.startsWith(`${id}-`))!;
  const network = imagesOf(await specOf(config, [], 'baseline'));
  const model = await buildModel(network.spec.model, { classes: network.classes });
  return { kind: 'gradient', ...network, images, batchSize: usualBatchSize(model, 'running') };
}

/** A shorter task of the same network: enough to tell which thread setting suits it. */
export function trialOf(task: Task): Task {
  if (task.kind === 'product') return task;
  if (task.kind === 'gradient') return { ...task, images: task.batchSize };
  const { spec } = task;
  return { ...task, spec: { ...spec, batchSize: spec.ghostBatchSize ?? Math.min(spec.batchSize, 1000) } };
}

async function specOf(config: string, set: readonly string[], method: StepMethod): Promise<RunSpec> {
  const [loaded] = await loadConfigs(join(PACKAGE_FOLDER, 'configs', `${config}.yaml`), { set });
  const methods = configSchema.shape.methods.parse([{ name: method }]);
  return at(resolveRuns({ ...loaded!, methods }), 0);
}

function imagesOf(spec: RunSpec) {
  const { classes = 0 } = catalogueEntry(spec.dataset) ?? {};
  return { spec, classes, shape: imageShape(spec.dataset) };
}
