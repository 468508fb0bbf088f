/** What several keys must satisfy together. Each problem names the key to change. */
import { type Config, type DatasetName, holdoutSize, type ModelName } from './schema.js';

export interface Problem {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** The data sets that each network of the paper is for; `mlp` takes the shape of any. */
const DATASETS_OF: Readonly<Record<ModelName, readonly DatasetName[]>> = {
  f1: ['mnist'],
  c1: ['cifar10'],
  c3: ['cifar100'],
  resnet44: ['cifar10', 'cifar100'],
  alexnet: ['imagenet'],
  mlp: ['mnist', 'cifar10', 'cifar100', 'imagenet'],
};

/** Networks with dropout layers of their own. */
const WITH_DROPOUT: readonly ModelName[] = ['c1', 'c3', 'alexnet'];

/** Official sizes of the training sets. A folder with fewer images is found out when it is opened. */
const TRAIN_IMAGES: Readonly<Record<DatasetName, number>> = {
  mnist: 60_000,
  cifar10: 50_000,
  cifar100: 50_000,
  imagenet: 1_281_167,
};

export function check(config: Config): Problem[] {
  return [...checkModel(config), ...checkBatches(config), ...checkSchedule(config), ...checkNames(config)];
}

function* checkModel({ model, dataset, dropout, hidden, methods }: Config): Iterable<Problem> {
  const allowed = DATASETS_OF[model];
  if (!allowed.includes(dataset)) {
    yield { path: ['dataset'], message: `model ${model} is for ${allowed.join(' or ')}, got ${dataset}` };
  }
  if (hidden !== null && model !== 'mlp') {
    yield { path: ['hidden'], message: `only model mlp has a choice of hidden layers, got ${model}` };
  }
  if (WITH_DROPOUT.includes(model)) return;
  const message = `model ${model} has no dropout; ${WITH_DROPOUT.join(', ')} have`;
  if (dropout !== null) yield { path: ['dropout'], message };
  for (const [i, method] of methods.entries()) {
    if (method.dropout !== undefined) yield { path: ['methods', i, 'dropout'], message };
  }
}

function* checkBatches(config: Config): Iterable<Problem> {
  const { batchSize, ghostBatchSize, dataset, trainLimit, validation, optimizer } = config;
  const all = TRAIN_IMAGES[dataset];
  const heldOut = holdoutSize(validation) ?? 0;
  if (heldOut >= all) {
    yield {
      path: ['validation'],
      message: `expected fewer than the ${all} training images of ${dataset}, got ${heldOut}`,
    };
  } else if (batchSize > all - heldOut) {
    const rest = heldOut === 0 ? '' : ` less the ${heldOut} held out`;
    yield { path: ['batchSize'], message: `${batchSize} is more than the ${all} training images of ${dataset}${rest}` };
  } else if (trainLimit !== null && batchSize > trainLimit) {
    yield {
      path: ['batchSize'],
      message: `${batchSize} is more than trainLimit, ${trainLimit}: raise trainLimit or lower batchSize`,
    };
  }
  if (ghostBatchSize !== null && batchSize % ghostBatchSize !== 0) {
    yield {
      path: ['ghostBatchSize'],
      message: `expected a divisor of batchSize, ${batchSize}, got ${ghostBatchSize}`,
    };
  }
  if (ghostBatchSize === null && optimizer.scaleLearningRate) {
    yield {
      path: ['optimizer', 'scaleLearningRate'],
      message: 'scales by √(batchSize / ghostBatchSize), so ghostBatchSize must be a number',
    };
  }
}

function* checkSchedule({ schedule }: Config): Iterable<Problem> {
  for (const [i, { epoch }] of schedule.entries()) {
    const before = schedule[i - 1];
    if (before !== undefined && epoch <= before.epoch) {
      yield { path: ['schedule', i, 'epoch'], message: `expected an epoch after ${before.epoch}, got ${epoch}` };
    }
  }
}

function* checkNames({ methods, seeds }: Config): Iterable<Problem> {
  const repeatedSeed = seeds.find((seed, i) => seeds.indexOf(seed) !== i);
  if (repeatedSeed !== undefined) yield { path: ['seeds'], message: `seed ${repeatedSeed} is there twice` };
  const labels = methods.map(({ name, label }) => label ?? name);
  for (const [i, label] of labels.entries()) {
    if (labels.indexOf(label) !== i) {
      yield { path: ['methods', i], message: `a second method named ${label}: give it a label of its own (label: …)` };
    }
  }
}
