/** Says what is wrong with a config, in a line for each mistake: what the schema refuses, and keys that do not go together. */
import { z } from 'zod';
import { catalogueEntry } from '../data/catalogue.js';
import { MODEL_NAMES, type NetworkRow, networkRow } from '../nn/networks.js';
import { didYouMean, SmoothOutError } from '../support/errors.js';
import { labelOf, METHOD_TITLES, methodHas } from './methods.js';
import { type Config, configSchema, holdoutSize } from './schema.js';
import { at, originAt, plain, type Tree } from './tree.js';

/**
 * The config that a tree writes out.
 *
 * @throws SmoothOutError CONFIG_INVALID with a line for each problem: where, which key, what was expected, what was found.
 */
export function validate(tree: Tree): Config {
  const parsed = configSchema.safeParse(plain(tree));
  const problems = parsed.success
    ? check(parsed.data).map(([key, message]) => `${originAt(tree, key.split('.'))}: ${key}: ${message}`)
    : parsed.error.issues.flatMap((issue) => explain(issue, tree));
  // One value may fail several checks of the schema, which come to the same line.
  const lines = [...new Set(problems)];
  if (!parsed.success || lines.length > 0) throw new SmoothOutError('CONFIG_INVALID', lines.join('\n'));
  return parsed.data;
}

/** The lines that an issue of the schema comes to: one, or one for each unknown key. */
function explain(issue: z.core.$ZodIssue, tree: Tree): string[] {
  // Where one of several forms is meant, no key is wrong by itself.
  if (issue.code === 'unrecognized_keys' && !isUnion(inner(declaredAt(issue.path, tree)))) {
    const known = keysOf(schemaAt(issue.path, tree));
    return issue.keys.map((key) => `${originAt(tree, [...issue.path, key])}: ${unknownKey(issue.path, key, known)}`);
  }
  const key = issue.path.join('.') || 'config';
  const isWhole = issue.code === 'unrecognized_keys' || issue.code === 'invalid_union';
  const schema = isWhole ? declaredAt(issue.path, tree) : schemaAt(issue.path, tree);
  const found = at(tree, issue.path);
  const expected = expectation(schema) + greatestOf(schema, issue);
  const got = found === undefined ? 'missing' : `got ${show(found)}`;
  const choices = choicesOf(schema);
  const hint = found?.kind === 'scalar' && typeof found.value === 'string' ? didYouMean(found.value, choices) : '';
  const text = found === undefined ? `${key} is missing: expected ${expected}` : `${key}: expected ${expected}, ${got}`;
  const isBareWord = issue.code === 'invalid_type' && issue.expected === 'string' && found?.kind === 'scalar';
  const quote = isBareWord ? `; as text it is quoted: "${found.value}"` : '';
  return [`${originAt(tree, issue.path)}: ${text}${hint}${quote}`];
}

/** The greatest whole number, where a value is beyond it and no description says so. */
function greatestOf(schema: Schema, issue: z.core.$ZodIssue): string {
  const number = inner(schema);
  const isUnsaid = number instanceof z.ZodNumber && number.maxValue === Number.MAX_SAFE_INTEGER;
  return isUnsaid && issue.code === 'too_big' ? ` and at most ${Number.MAX_SAFE_INTEGER}` : '';
}

function unknownKey(path: readonly PropertyKey[], key: string, known: readonly string[]): string {
  const full = [...path, key].join('.');
  const near = didYouMean(key, known);
  if (near !== '') return `unknown key "${full}"${near}`;
  // `learningRate` at the top is a key, but of another mapping.
  const elsewhere = dottedKeys(configSchema).filter((dotted) => dotted.split('.').at(-1) === key);
  const outside = elsewhere.find((dotted) => !dotted.startsWith('methods.'));
  if (outside !== undefined) return `unknown key "${full}"; did you mean "${outside}"?`;
  const having = Object.keys(METHOD_TITLES).filter((name) => methodHas(name, key));
  if (having.length > 0) return `unknown key "${full}": it belongs to a method, one of ${having.join(', ')}`;
  const inMethod = elsewhere[0]?.slice('methods.'.length);
  if (inMethod !== undefined) return `unknown key "${full}": it belongs to a method, as "${inMethod}"`;
  return `unknown key "${full}": expected one of ${known.join(', ')}`;
}

function show(tree: Tree): string {
  if (tree.kind === 'map') return 'a mapping';
  if (tree.kind === 'list') return tree.items.length === 0 ? 'an empty list' : 'a list';
  const { value } = tree;
  return typeof value === 'number' ? String(value) : JSON.stringify(plain(tree));
}

type Schema = z.core.$ZodType;

/** The schema that defaults and the like are wrapped around. */
function inner(schema: Schema): Schema {
  while (
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable
  ) {
    schema = schema.def.innerType;
  }
  return schema;
}

/** The schema of the value at `path`; the tree says which of a method's forms is meant. */
const schemaAt = (path: readonly PropertyKey[], tree: Tree): Schema => formOf(declaredAt(path, tree), path, tree);

/** The schema of the value at `path`, with all its forms. */
function declaredAt(path: readonly PropertyKey[], tree: Tree): Schema {
  let schema: Schema = configSchema;
  for (const [depth, key] of path.entries()) {
    schema = formOf(inner(schema), path.slice(0, depth), tree);
    if (schema instanceof z.ZodArray) schema = schema.element;
    else if (schema instanceof z.ZodRecord) schema = schema.valueType;
    else if (schema instanceof z.ZodObject) schema = schema.shape[String(key)] ?? schema;
  }
  return schema;
}

/** Whether a value has one of several forms that no name tells apart. */
const isUnion = (schema: Schema): schema is z.ZodUnion =>
  schema instanceof z.ZodUnion && !(schema instanceof z.ZodDiscriminatedUnion);

function formOf(schema: Schema, path: readonly PropertyKey[], tree: Tree): Schema {
  if (isUnion(schema)) {
    const value = at(tree, path);
    const keys = value?.kind === 'map' ? [...value.entries.keys()] : [];
    return schema.options.find((form) => keysOf(form).some((key) => keys.includes(key))) ?? schema;
  }
  if (!(schema instanceof z.ZodDiscriminatedUnion)) return schema;
  const key = schema.def.discriminator;
  const forms = schema.options as z.ZodObject[];
  const nameOf = (form: z.ZodObject) => String((form.shape[key] as z.ZodLiteral).value);
  const found = at(tree, [...path, key]);
  const value = found?.kind === 'scalar' ? found.value : undefined;
  // Where the name is none, the names stand in for the form.
  return forms.find((form) => nameOf(form) === value) ?? z.object({ [key]: z.enum(forms.map(nameOf)) });
}

function keysOf(schema: Schema): string[] {
  const object = inner(schema);
  return object instanceof z.ZodObject ? Object.keys(object.shape) : [];
}

function choicesOf(schema: Schema): string[] {
  const unwrapped = inner(schema);
  const named = (unwrapped as z.ZodType).meta()?.choices as readonly string[] | undefined;
  return unwrapped instanceof z.ZodEnum ? unwrapped.options.map(String) : [...(named ?? [])];
}

function expectation(schema: Schema): string {
  const described = describedIn(schema);
  if (described !== undefined) return described;
  const unwrapped = inner(schema);
  const choices = choicesOf(schema);
  if (choices.length > 0) return `${choices.length === 1 ? '' : 'one of '}${choices.join(', ')}`;
  if (unwrapped instanceof z.ZodBoolean) return 'true or false';
  if (unwrapped instanceof z.ZodArray) return 'a list';
  if (unwrapped instanceof z.ZodRecord) return 'a mapping';
  if (unwrapped instanceof z.ZodString) return 'text';
  return `a mapping with the keys ${keysOf(unwrapped).join(', ')}`;
}

/** The outermost description: `.nullable().describe('…, or null')` says more than what it wraps. */
function describedIn(schema: Schema): string | undefined {
  const { description } = schema as z.ZodType;
  if (description !== undefined) return description;
  return 'innerType' in schema._zod.def ? describedIn(schema._zod.def.innerType as Schema) : undefined;
}

function dottedKeys(schema: Schema, prefix = ''): string[] {
  const unwrapped = inner(schema);
  if (unwrapped instanceof z.ZodArray) return dottedKeys(unwrapped.element, prefix);
  if (unwrapped instanceof z.ZodDiscriminatedUnion) {
    return (unwrapped.options as Schema[]).flatMap((form) => dottedKeys(form, prefix));
  }
  if (!(unwrapped instanceof z.ZodObject)) return [];
  return Object.entries(unwrapped.shape).flatMap(([key, value]) => [
    `${prefix}${key}`,
    ...dottedKeys(value as Schema, `${prefix}${key}.`),
  ]);
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
