/**
 * Networks, data sets and methods of the user's own. A config names a file by its path (`model: ./my-network.ts`); what the
 * file exports as its default is checked here and entered under that path beside those that come with smoothout.
 */

import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createJiti } from 'jiti';
import { z } from 'zod';
import { type OwnDataset, registerDataset } from '../data/own.js';
import { type OwnNetwork, registerNetwork } from '../nn/networks.js';
import { type OwnMethod, registerMethod } from '../smoothout/own.js';
import { sha256 } from '../support/digest.js';
import { messageOf } from '../support/errors.js';
import { at, fileAt, invalid, type Origin, type Tree, withValue } from './tree.js';

const count = z.int().min(1);
const title = z.string().min(1);
const callable = <F>() => z.custom<F>((value) => typeof value === 'function', 'expected a function');

const network = z.strictObject({
  title,
  build: callable<OwnNetwork['build']>(),
  dropout: z.number().gt(0).lt(1).nullable().optional(),
  analysisBatch: z.strictObject({ running: count, batch: count }).optional(),
});

const dataset = z.strictObject({
  title,
  classes: z.int().min(2),
  shape: z.strictObject({ channels: count, height: count, width: count }),
  load: callable<OwnDataset['load']>(),
});

const method = z.strictObject({ title, build: callable<OwnMethod['build']>() });

/** Checks what a file of each kind exports and enters it. */
const REGISTER = {
  network: (path: string, exported: unknown) => registerNetwork(path, network.parse(exported)),
  dataset: (path: string, exported: unknown) => registerDataset(path, dataset.parse(exported)),
  method: (path: string, exported: unknown) => registerMethod(path, method.parse(exported)),
} as const;

type Kind = keyof typeof REGISTER;

/**
 * The tree with every file that it names loaded: paths become absolute, and `modules` has the SHA-256 of each with what it
 * imports, which is part of a run's identity. A relative path is relative to the file that it is written in.
 *
 * @throws SmoothOutError CONFIG_INVALID: there is no such file, it does not load, it exports something else, or it is not
 * the file that `modules` has the digest of.
 */
export async function withOwnModules(tree: Tree): Promise<Tree> {
  let result = await withFile(await withFile(tree, ['model'], 'network'), ['dataset'], 'dataset');
  const methods = at(tree, ['methods']);
  for (const i of methods?.kind === 'list' ? methods.items.keys() : []) {
    result = await withFile(result, ['methods', String(i), 'file'], 'method');
  }
  return result;
}

/**
 * `{ name: ./mine.ts }` is short for `{ name: own, file: ./mine.ts, label: mine }`. It is written out before `--set` is
 * applied, which finds methods by their labels.
 */
export function withMethodFiles(tree: Tree): Tree {
  const methods = at(tree, ['methods']);
  if (methods?.kind !== 'list') return tree;
  return methods.items.reduce((result, method, i) => {
    const name = at(method, ['name']);
    if (name?.kind !== 'scalar' || !isPath(name.value)) return result;
    const entry = ['methods', String(i)];
    const { origin } = name;
    const label = at(method, ['label']) ?? text(basename(name.value, extname(name.value)), origin);
    const named = withValue(withValue(result, [...entry, 'file'], name), [...entry, 'label'], label);
    return withValue(named, [...entry, 'name'], text('own', origin));
  }, tree);
}

const isPath = (value: unknown): value is string => typeof value === 'string' && /\.(ts|js|mjs)$/.test(value);

const text = (value: string, origin: Origin): Tree => ({ kind: 'scalar', value, origin });

async function withFile(tree: Tree, path: readonly string[], kind: Kind): Promise<Tree> {
  const named = at(tree, path);
  if (named?.kind !== 'scalar' || !isPath(named.value)) return tree;
  const file = fileAt(named.origin, named.value);
  const fail = (why: string, hint?: string) => invalid(named.origin, `${path.join('.')}: ${file}: ${why}`, hint);
  const digest = await digestOf(file).catch((error: NodeJS.ErrnoException) => {
    const imported = error.path === file ? '' : `imports ${error.path}: `;
    throw fail(`${imported}${error.code === 'ENOENT' ? 'there is no such file' : `cannot be read (${error.code})`}`);
  });
  const known = at(tree, ['modules', file]);
  if (known?.kind === 'scalar' && known.value !== digest) {
    throw fail(
      'has changed since this run began, or a file that it imports',
      'Put the file back as it was, or run it as another experiment.',
    );
  }
  try {
    REGISTER[kind](file, await defaultExport(file));
  } catch (error) {
    const [issue] = error instanceof z.ZodError ? error.issues : [];
    if (issue === undefined) throw fail(`does not load: ${messageOf(error)}`);
    const where = issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
    throw fail(`its default export is not a ${kind}: ${where}${issue.message}`, 'examples/ has one of each.');
  }
  return withValue(withValue(tree, path, text(file, named.origin)), ['modules', file], text(digest, named.origin));
}

/** SHA-256 of a file; where it imports others by relative paths, of the digests of all of them. */
async function digestOf(file: string): Promise<string> {
  const digests = new Map<string, string>();
  const unread = [file];
  for (let next = unread.pop(); next !== undefined; next = unread.pop()) {
    if (digests.has(next)) continue;
    const text = await readFile(next, 'utf8');
    digests.set(next, sha256(text));
    for (const [, name] of text.matchAll(RELATIVE_IMPORT)) unread.push(importedFile(name!, next));
  }
  return digests.size === 1 ? digests.get(file)! : sha256([...digests.values()].join());
}

const RELATIVE_IMPORT = /\b(?:from|import|require)\s*\(?\s*["'](\.{1,2}\/[^"']+)["']/g;

/** As the loader finds it: `./width.js` may be width.ts. What is not there is read, and so reported, under its own name. */
function importedFile(name: string, importer: string): string {
  const parent = pathToFileURL(importer);
  const found = createJiti(importer).esmResolve(name, { parentURL: parent, try: true });
  return fileURLToPath(found ?? new URL(name, parent));
}

/** Node.js 20 does not read TypeScript by itself. */
async function defaultExport(file: string): Promise<unknown> {
  const jiti = createJiti(import.meta.url, { fsCache: false });
  return jiti.import(file, { default: true });
}
