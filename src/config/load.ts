/** Makes configs of files and `--set`: resolves `extends`, `variants`, presets and tuned strengths. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { didYouMean, SmoothOutError } from '../support/errors.js';
import { asReadError } from '../support/files.js';
import { applyOverride, applyPreset, labelIn, nameIn, type Override, parseOverride } from './layers.js';
import { selectMethods, TUNABLE_KEYS } from './methods.js';
import { type OnStale, withMethodFiles, withOwnModules, withStartingWeights } from './named-files.js';
import { type Config, DEFAULT_METHODS, parseSeeds } from './schema.js';
import {
  at,
  invalid,
  type MapTree,
  merge,
  methodsIn,
  originAt,
  parseTree,
  parseTrees,
  scalar,
  scalarAt,
  type Tree,
  without,
  withValue,
} from './tree.js';
import { type Choice, choiceFor, chosenValue, describeChoice, readTuned, tunedPath } from './tuned.js';
import { validate } from './validate.js';

/** What `--dry-run` prints of a thousand runs is about this long. A longer file is not a config. */
const MAX_BYTES = 1024 * 1024;
const MAX_PARENTS = 8;

interface LoadOptions {
  /** `key.path=value`, applied in turn on top of the file and to each of its variants. */
  readonly set?: readonly string[] | undefined;
  /** Applied after those, each with an origin of its own. */
  readonly overrides?: readonly Override[] | undefined;
  /** The methods that are asked for, in the words of `selectMethods`; all without it. The others may go untuned. */
  readonly methods?: readonly string[] | undefined;
  /** As `withOwnModules` takes it. */
  readonly onStale?: OnStale | undefined;
}

/**
 * The configs of a file: one for each YAML document, or for each of its `variants`.
 *
 * @throws SmoothOutError CONFIG_INVALID with a line for each problem: file, line, key, what was expected. USAGE for a bad `--set`.
 */
export async function loadConfigs(path: string, options: LoadOptions = {}): Promise<Config[]> {
  const { set = [], methods, onStale } = options;
  const overrides = [...set.map(parseOverride), ...(options.overrides ?? [])];
  const documents = parseTrees(await readConfigText(path, path), (line) => `${path}:${line}`);
  const trees = await Promise.all(documents.map((document) => withParents(document, path, [])));
  const configs: Config[] = [];
  for (const variant of trees.flatMap(variantsOf)) {
    let tree = withMethodFiles(withDefaultMethods(variant));
    for (const override of overrides) tree = withMethodFiles(applyOverride(tree, override));
    tree = applyPreset(withBudget(withSeedList(tree)));
    tree = await withStartingWeights(await withOwnModules(tree, onStale));
    configs.push(validate(await withTunedSettings(tree, path, methods)));
  }
  return configs;
}

/** The settings of a file on top of those of the file that it `extends`, which may extend another. */
async function withParents(tree: Tree, path: string, children: readonly string[]): Promise<MapTree> {
  if (tree.kind !== 'map') throw invalid(path, 'expected a mapping such as "experiment: c1-lb"');
  const parent = tree.entries.get('extends');
  if (parent === undefined) return tree;
  if (parent.kind !== 'scalar' || typeof parent.value !== 'string') {
    throw invalid(parent.origin, 'extends: expected the name of a config file');
  }
  const file = resolveBeside(path, parent.value);
  const family = [...children, resolve(path)];
  if (family.includes(resolve(file))) throw invalid(parent.origin, `extends: ${file} extends itself`);
  if (family.length > MAX_PARENTS) throw invalid(parent.origin, `extends: more than ${MAX_PARENTS} files deep`);
  const text = await readConfigText(file, parent.origin);
  const base = await withParents(
    parseTree(text, (line) => `${file}:${line}`),
    file,
    family,
  );
  return merge(base, without(tree, 'extends')) as MapTree;
}

/** Relative paths stay relative, for messages as short as what was typed. */
function resolveBeside(path: string, name: string): string {
  const folder = dirname(path);
  return name.startsWith('/') || folder === '.' ? name : `${folder}/${name}`;
}

async function readConfigText(path: string, from: string): Promise<string> {
  const where = from === path ? path : `${from}: extends: ${path}`;
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES) throw invalid(where, `${size} bytes long; a config has at most ${MAX_BYTES}`);
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch (error) {
    if (error instanceof SmoothOutError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      const names = await readdir(dirname(path)).catch(() => []);
      throw invalid(where, `there is no such file${didYouMean(basename(path), names)}`);
    }
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') throw invalid(where, 'not UTF-8 text');
    throw asReadError(error, where, 'CONFIG_INVALID');
  }
}

/** A tree for each of `variants`, which is laid over the rest of the file; without variants the file's own tree. */
function variantsOf(tree: MapTree): Tree[] {
  const variants = tree.entries.get('variants');
  if (variants === undefined) return [tree];
  if (variants.kind !== 'list' || variants.items.length === 0 || variants.items.some(({ kind }) => kind !== 'map')) {
    throw invalid(variants.origin, 'variants: expected a list of mappings, each with an experiment name of its own');
  }
  return variants.items.map((variant) => merge(without(tree, 'variants'), variant));
}

function withDefaultMethods(tree: Tree): Tree {
  if (at(tree, ['methods']) !== undefined) return tree;
  const origin = tree.origin;
  const items = DEFAULT_METHODS.map((name) => withValue(undefined, ['name'], scalar(name, origin)));
  return withValue(tree, ['methods'], { kind: 'list', items, origin });
}

/** `seeds: 1-5`, `seeds: "1,2"` and `seeds: 3` as lists; anything else is left for the schema to refuse. */
function withSeedList(tree: Tree): Tree {
  const seeds = at(tree, ['seeds']);
  if (seeds?.kind !== 'scalar') return tree;
  const list = parseSeeds(String(seeds.value), (why) => invalid(seeds.origin, `seeds: ${why}`));
  if (list === null) return tree;
  const { origin } = seeds;
  const items = list.map((value) => scalar(value, origin));
  return withValue(tree, ['seeds'], { kind: 'list', items, origin });
}

/** `budget: { epochs: N }` is another way to write `epochs: N`; with any other budget `epochs` need not be given. */
function withBudget(tree: Tree): Tree {
  const budget = at(tree, ['budget']);
  if (tree.kind !== 'map' || budget?.kind !== 'map') return tree;
  const epochs = budget.entries.get('epochs');
  if (epochs !== undefined && budget.entries.size === 1) return withValue(without(tree, 'budget'), ['epochs'], epochs);
  return at(tree, ['epochs']) === undefined ? withValue(tree, ['epochs'], scalar(1, budget.origin)) : tree;
}

/**
 * Puts in what was chosen for methods that say `noise: { a: tuned }`, `rho: tuned` or `optimizer: { learningRate: tuned }`, and
 * under `tuning` how. A method that is not asked for may go untuned.
 */
async function withTunedSettings(tree: Tree, configPath: string, asked: readonly string[] | undefined): Promise<Tree> {
  const experiment = scalarAt(tree, ['experiment']);
  if (experiment === undefined) return tree;
  const file = tunedPath(configPath, String(experiment));
  const synthetic = scalarAt(tree, ['synthetic']) === true;
  const methods = methodsIn(tree).map((method) => ({ name: nameIn(method), label: labelIn(method) }));
  const wanted = asked === undefined ? methods : selectMethods(methods, asked);
  const places = [...methods.entries()]
    .flatMap(([i, method]) =>
      TUNABLE_KEYS.map((key) => ({ method, key, path: ['methods', String(i), ...key.split('.')] })),
    )
    .filter(({ method, path }) => scalarAt(tree, path) === 'tuned' && method.name !== '');
  if (places.length === 0) return tree;
  const choices = (await readTuned(file))?.choices ?? [];
  const taken: Choice[] = [];
  let result = tree;
  for (const { method, key, path } of places) {
    const { label } = method;
    const choice = choiceFor(choices, { label, key, synthetic });
    const value = choice && chosenValue(choice, key);
    if (choice !== undefined && value !== undefined) {
      taken.push(choice);
      const how = new Set(taken.filter(({ method }) => method === label).map(describeChoice));
      result = withValue(result, path, scalar(value, file));
      result = withValue(result, ['tuning', label], scalar([...how].join('; '), file));
    } else if (wanted.includes(method)) {
      throw invalid(
        originAt(tree, path),
        `${path.join('.')}: nothing has been tuned for ${label}: there is no ${key} in ${file}`,
        `Run smoothout tune ${configPath} --grid methods.${label}.${key}=0.005,0.01,0.02 or give a number.`,
      );
    } else {
      // Nobody runs it, so any number will do.
      result = withValue(result, path, scalar(1, file));
    }
  }
  return result;
}
