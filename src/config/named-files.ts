/**
 * Files that a config names: networks, data sets and methods of the user's own (`model: ./my-network.ts`), and the parameters
 * that `init` starts from. The digest of each file goes into the config's `modules`, which are part of a run's identity.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, extname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createJiti } from 'jiti';
import { sha256, sha256OfFile } from '../support/digest.js';
import { messageOf } from '../support/errors.js';
import { asReadError } from '../support/files.js';
import { NotOfKind, REGISTER, STAND_IN } from './own-modules.js';
import { at, invalid, methodsIn, type Origin, originAt, scalar, scalarAt, type Tree, withValue } from './tree.js';

type Kind = keyof typeof REGISTER;

/** Told of a module that is gone or has changed since the run that a config is of. */
export type OnStale = (what: string) => void;

/**
 * The tree with every module that it names loaded and under its absolute path, and in `modules` the SHA-256 of each with
 * what it imports.
 *
 * @param onStale where only the records of a run are read, which a module that is gone or has changed does not keep from it.
 * @throws SmoothOutError CONFIG_INVALID: there is no such file, it does not load, it exports something else, or it is not
 * the file that `modules` has the digest of.
 */
export async function withOwnModules(tree: Tree, onStale?: OnStale): Promise<Tree> {
  let result = await withModule(tree, ['model'], 'network', onStale);
  result = await withModule(result, ['dataset'], 'dataset', onStale);
  for (const i of methodsIn(tree).keys()) {
    result = await withModule(result, ['methods', String(i), 'file'], 'method', onStale);
  }
  return result;
}

/**
 * The tree with `init` as an absolute path, and its SHA-256 in `modules`. Without the file, a run that it was trained from can
 * still be reported; only training needs it.
 *
 * @throws SmoothOutError CHECKPOINT_INVALID: it cannot be read. CONFIG_INVALID: it is not the one that the run began with.
 */
export async function withStartingWeights(tree: Tree): Promise<Tree> {
  const init = scalarAt(tree, ['init']);
  if (typeof init !== 'string') return tree;
  const origin = originAt(tree, ['init']);
  const file = fileAt(origin, init);
  const digest = await sha256OfFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw asReadError(error, `${origin}: init: ${file}`, 'CHECKPOINT_INVALID');
  });
  if (digest === undefined) return withValue(tree, ['init'], scalar(file, origin));
  return withDigest(tree, ['init'], file, digest, 'has changed since this run began');
}

/**
 * `{ name: ./mine.ts }` is short for `{ name: own, file: ./mine.ts, label: mine }`. It is written out before `--set` is
 * applied, which finds methods by their labels.
 */
export function withMethodFiles(tree: Tree): Tree {
  return methodsIn(tree).reduce((result, method, i) => {
    const name = at(method, ['name']);
    if (name?.kind !== 'scalar' || !isPath(name.value)) return result;
    const entry = ['methods', String(i)];
    const { origin } = name;
    const label = at(method, ['label']) ?? scalar(basename(name.value, extname(name.value)), origin);
    const named = withValue(withValue(result, [...entry, 'file'], name), [...entry, 'label'], label);
    return withValue(named, [...entry, 'name'], scalar('own', origin));
  }, tree);
}

const isPath = (value: unknown): value is string => typeof value === 'string' && /\.(ts|js|mjs)$/.test(value);

/** A file that is named in a config file is beside it; one that `--set` names is in the working folder. */
function fileAt(origin: Origin, name: string): string {
  const config = origin.startsWith('--') ? undefined : /^(.+):\d+$/.exec(origin)?.[1];
  return resolve(config === undefined ? process.cwd() : dirname(resolve(config)), name);
}

interface NamedModule {
  readonly file: string;
  readonly kind: Kind;
}

async function withModule(tree: Tree, path: readonly string[], kind: Kind, onStale?: OnStale): Promise<Tree> {
  const name = scalarAt(tree, path);
  if (!isPath(name)) return tree;
  const origin = originAt(tree, path);
  const file = fileAt(origin, name);
  const named = { file, kind };
  try {
    return await withCurrentModule(tree, path, named);
  } catch (error) {
    if (onStale === undefined || scalarAt(tree, ['modules', file]) === undefined) throw error;
    onStale(messageOf(error));
    // Its title is as good as ever, if it has one.
    await enter(named).catch(() => STAND_IN[kind](file));
    return withValue(tree, path, scalar(file, origin));
  }
}

async function withCurrentModule(tree: Tree, path: readonly string[], named: NamedModule): Promise<Tree> {
  const { file, kind } = named;
  const fail = (why: string, hint?: string) =>
    invalid(originAt(tree, path), `${path.join('.')}: ${file}: ${why}`, hint);
  const digest = await digestOf(file).catch((error: NodeJS.ErrnoException) => {
    const imported = error.path === file ? '' : `imports ${error.path}: `;
    throw fail(`${imported}${error.code === 'ENOENT' ? 'there is no such file' : `cannot be read (${error.code})`}`);
  });
  const changed = 'has changed since this run began, or a file that it imports';
  const result = withDigest(tree, path, file, digest, changed);
  await enter(named).catch((error) => {
    if (!(error instanceof NotOfKind)) throw fail(`does not load: ${messageOf(error)}`);
    throw fail(`its default export is not a ${kind}: ${error.message}`, 'examples/ has one of each.');
  });
  return result;
}

const { resolve: installed } = createRequire(import.meta.url);

/** A module gets these from the program that loads it: a second copy of tfjs could not compute with the first one's tensors. */
const OWN_PACKAGES = ['smoothout', '@tensorflow/tfjs'];

async function enter({ file, kind }: NamedModule): Promise<void> {
  // Node.js 20 does not read TypeScript by itself.
  const alias = Object.fromEntries(OWN_PACKAGES.map((name) => [name, installed(name)]));
  const load = createJiti(import.meta.url, { fsCache: false, alias });
  REGISTER[kind](file, await load.import(file, { default: true }));
}

/** @throws SmoothOutError CONFIG_INVALID, saying `changed`, where `modules` has another digest of the file already. */
function withDigest(tree: Tree, path: readonly string[], file: string, digest: string, changed: string): Tree {
  const origin = originAt(tree, path);
  const known = scalarAt(tree, ['modules', file]);
  if (known !== undefined && known !== digest) {
    const hint = 'Put the file back as it was, or run it as another experiment.';
    throw invalid(origin, `${path.join('.')}: ${file}: ${changed}`, hint);
  }
  return withValue(withValue(tree, path, scalar(file, origin)), ['modules', file], scalar(digest, origin));
}

/** SHA-256 of a file; where it imports others by relative paths, of the digests of all of them. */
async function digestOf(file: string): Promise<string> {
  const digests = new Map<string, string>();
  const unread = [file];
  for (let next = unread.pop(); next !== undefined; next = unread.pop()) {
    if (digests.has(next)) continue;
    const text = await readFile(next, 'utf8');
    digests.set(next, sha256(text));
    for (const [, name] of withoutComments(text).matchAll(RELATIVE_IMPORT)) unread.push(importedFile(name!, next));
  }
  return digests.size === 1 ? digests.get(file)! : sha256([...digests.values()].join());
}

/** Strings stay as they are: `//` in one is no comment. */
const withoutComments = (text: string): string =>
  text.replace(/("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|\/\/.*|\/\*[\s\S]*?\*\//g, (_, string = ' ') => string);

const RELATIVE_IMPORT = /\b(?:from|import|require)\s*\(?\s*["'](\.{1,2}\/[^"']+)["']/g;

/** The file that the loader takes: `./width.js` may be width.ts. One that is not there is read, and reported, by its name. */
function importedFile(name: string, importer: string): string {
  const parent = pathToFileURL(importer);
  const found = createJiti(importer).esmResolve(name, { parentURL: parent, try: true });
  return fileURLToPath(found ?? new URL(name, parent));
}
