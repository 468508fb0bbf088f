/** Says what is wrong with a config, in a line for each mistake: what the schema refuses, and keys that do not go together. */
import type { z } from 'zod';
import { catalogueEntry } from '../data/catalogue.js';
import { MODEL_NAMES, type NetworkRow, networkRow } from '../nn/networks.js';
import { at } from '../support/at.js';
import { didYouMean, SmoothOutError } from '../support/errors.js';
import { keysOf, type Refused, refusal, unknownKeys, unknownKeyText } from '../support/refusal.js';
import { isNoiseKey, labelOf, METHOD_TITLES, methodHas } from './methods.js';
import { optimizer } from './optimizer.js';
import { type Config, configSchema, holdoutSize } from './schema.js';
import { originAt, plain, type Tree } from './tree.js';

/**
 * The config that a tree writes out.
 *
 * @throws SmoothOutError CONFIG_INVALID with a line for each problem: where, which key, what was expected, what was found.
 */
export function validate(tree: Tree): Config {
  const parsed = configSchema.safeParse(plain(tree), { error: refused });
  const lines = parsed.success
    ? check(parsed.data).map(([key, message]) => `${originAt(tree, key.split('.'))}: ${key}: ${message}`)
    : parsed.error.issues.flatMap((issue) => linesOf(issue, tree));
  // One value may fail several checks of the schema, which come to the same line.
  if (!parsed.success || lines.length > 0) throw new SmoothOutError('CONFIG_INVALID', [...new Set(lines)].join('\n'));
  return parsed.data;
}

/** One line, or one for each unknown key. */
function linesOf({ path, message, ...issue }: z.core.$ZodIssue, tree: Tree): string[] {
  if (issue.code !== 'unrecognized_keys') return [`${originAt(tree, path)}: ${message}`];
  return message.split('\n').map((line, i) => `${originAt(tree, [...path, at(issue.keys, i)])}: ${line}`);
}

/** zod's error map: what is wrong with a value, or with unknown keys in a line each. */
function refused(issue: Refused): string {
  const { input } = issue;
  const unknown = unknownKeys(issue);
  const known = keysOf(issue);
  if (unknown.length > 0) return unknown.map((key) => unknownKeyText(issue, key, placeOf(key, known))).join('\n');
  const isBareWord =
    issue.code === 'invalid_type' && issue.expected === 'string' && ['number', 'boolean'].includes(typeof input);
  const quote = isBareWord ? `; as text it is quoted: "${input}"` : '';
  return `${refusal(issue)}${quote}${known.length > 0 ? `; its keys are ${known.join(', ')}` : ''}`;
}

/** Where a key belongs that is unknown among these. */
function placeOf(key: string, known: readonly string[]): string {
  const near = didYouMean(key, known);
  if (near !== '') return near;
  if (Object.hasOwn(configSchema.shape, key)) return `; did you mean "${key}"?`;
  if (Object.hasOwn(optimizer.shape, key)) return `; did you mean "optimizer.${key}"?`;
  const having = Object.keys(METHOD_TITLES).filter((name) => methodHas(name, key));
  if (having.length > 0) return `: it belongs to a method, one of ${having.join(', ')}`;
  if (isNoiseKey(key)) return `: it belongs to a method, as "noise.${key}"`;
  return `: expected one of ${known.join(', ')}`;
}

/** The key that is to be changed, and why. */
type Problem = readonly [key: string, message: string];

/** The problems of keys that do not go together. */
function check(config: Config): Problem[] {
  return [...checkModel(config), ...checkBatches(config), ...checkSchedule(config), ...checkNames(config)];
}

function* checkModel({ model, dataset, dropout, hidden, methods }: Config): Iterable<Problem> {
  const { datasets, dropout: usualDropout, hasHiddenWidths } = networkRow(model);
  const having = (is: (row: NetworkRow) => boolean) => MODEL_NAMES.filter((name) => is(networkRow(name))).join(', ');
  if (datasets !== null && !datasets.some((name) => name === dataset)) {
    yield ['dataset', `model ${model} is for ${datasets.join(' or ')}, got ${dataset}`];
  }
  if (hidden !== null && !hasHiddenWidths) {
    const choice = having((row) => row.hasHiddenWidths === true);
    yield ['hidden', `only model ${choice} has a choice of hidden layers, got ${model}`];
  }
  if (usualDropout !== null) return;
  const message = `model ${model} has no dropout; ${having((row) => row.dropout !== null)} have`;
  if (dropout !== null) yield ['dropout', message];
  for (const [i, method] of methods.entries()) {
    if (method.dropout !== undefined) yield [`methods.${i}.dropout`, message];
  }
}

function* checkBatches(config: Config): Iterable<Problem> {
  const { batchSize, ghostBatchSize, dataset, trainLimit, validation, optimizer, methods } = config;
  // Of the official training set; a folder with fewer images is found out when it is opened.
  const all = catalogueEntry(dataset)?.images.train ?? Number.POSITIVE_INFINITY;
  const heldOut = holdoutSize(validation) ?? 0;
  if (heldOut >= all) {
    yield ['validation', `expected fewer than the ${all} training images of ${dataset}, got ${heldOut}`];
  } else if (batchSize > all - heldOut) {
    const rest = heldOut === 0 ? '' : ` less the ${heldOut} held out`;
    yield ['batchSize', `${batchSize} is more than the ${all} training images of ${dataset}${rest}`];
  } else if (trainLimit !== null && batchSize > trainLimit) {
    yield ['batchSize', `${batchSize} is more than trainLimit, ${trainLimit}: raise trainLimit or lower batchSize`];
  }
  if (ghostBatchSize !== null && batchSize % ghostBatchSize !== 0) {
    yield ['ghostBatchSize', `expected a divisor of batchSize, ${batchSize}, got ${ghostBatchSize}`];
  }
  const images = ghostBatchSize ?? batchSize;
  for (const [i, method] of methods.entries()) {
    if (method.name !== 'lpf-sgd' || images % method.noise.samples === 0) continue;
    const expected = `expected a divisor of the ${images} images of a pass`;
    yield [`methods.${i}.noise.samples`, `${expected}, got ${method.noise.samples}`];
  }
  if (ghostBatchSize !== null) return;
  const message = 'scales by √(batchSize / ghostBatchSize), so ghostBatchSize must be a number';
  if (optimizer.scaleLearningRate) yield ['optimizer.scaleLearningRate', message];
  for (const [i, method] of methods.entries()) {
    if (method.optimizer.scaleLearningRate) yield [`methods.${i}.optimizer.scaleLearningRate`, message];
  }
}

function* checkSchedule({ schedule }: Config): Iterable<Problem> {
  for (const [i, { epoch }] of schedule.entries()) {
    const before = schedule[i - 1];
    if (before === undefined || epoch > before.epoch) continue;
    yield [`schedule.${i}.epoch`, `expected an epoch after ${before.epoch}, got ${epoch}`];
  }
}

function* checkNames({ methods, seeds }: Config): Iterable<Problem> {
  const repeatedSeed = seeds.find((seed, i) => seeds.indexOf(seed) !== i);
  if (repeatedSeed !== undefined) yield ['seeds', `seed ${repeatedSeed} is there twice`];
  const labels = methods.map(labelOf);
  for (const [i, label] of labels.entries()) {
    if (labels.indexOf(label) === i) continue;
    yield [`methods.${i}`, `a second method named ${label}: give it a label of its own (label: …)`];
  }
}
