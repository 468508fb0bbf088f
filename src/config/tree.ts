/**
 * Settings as they were written: every value knows where it stands, so that an error found after files, variants and
 * `--set` have been put together can still name the file and the line.
 */
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments } from 'yaml';
import { SmoothOutError } from '../support/errors.js';

export type Scalar = string | number | boolean | null;

export type Tree = { readonly origin: Origin } & (
  | { readonly kind: 'scalar'; readonly value: Scalar }
  | { readonly kind: 'list'; readonly items: readonly Tree[] }
  | { readonly kind: 'map'; readonly entries: ReadonlyMap<string, Tree> }
);

export type MapTree = Extract<Tree, { kind: 'map' }>;

/** `configs/c1-lb.yaml:12`, `--set epochs=3`, `preset reference`. */
export type Origin = string;

export const scalar = (value: Scalar, origin: Origin): Tree => ({ kind: 'scalar', value, origin });

/**
 * Reads YAML 1.2 text without what configs have no use for: aliases, tags, merge keys, keys that are not text. Text without
 * a document has one, which is empty.
 *
 * @param originOf where the line with this number (from 1) stands
 * @throws SmoothOutError CONFIG_INVALID
 */
export function parseTrees(text: string, originOf: (line: number) => Origin): Tree[] {
  const lines = new LineCounter();
  const at = (offset: number) => originOf(lines.linePos(offset).line);
  const parsed = parseAllDocuments(text, { lineCounter: lines, merge: false, uniqueKeys: true, prettyErrors: false });
  const documents: readonly Document.Parsed[] = 'empty' in parsed ? [] : parsed;
  const trees = documents.map((document) => treeOf(document, at, originOf(1)));
  return trees.length > 0 ? trees : [scalar(null, originOf(1))];
}

/** The tree of text with one document. @throws SmoothOutError CONFIG_INVALID */
export function parseTree(text: string, originOf: (line: number) => Origin): Tree {
  const [tree, second] = parseTrees(text, originOf);
  if (second !== undefined) throw invalid(second.origin, 'expected one YAML document, found another after ---');
  return tree!;
}

function treeOf(document: Document.Parsed, at: (offset: number) => Origin, start: Origin): Tree {
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) {
    const why = problem.code === 'RESOURCE_EXHAUSTION' ? 'nested too deeply' : problem.message;
    throw invalid(at(problem.pos[0]), `not valid YAML: ${why}`);
  }

  function convert(node: Node | null, origin: Origin): Tree {
    if (node === null) return scalar(null, origin);
    if (isMap(node)) {
      const entries = new Map<string, Tree>();
      for (const { key, value } of node.items) {
        const offset = (key as Node).range?.[0] ?? 0;
        const here = at(offset);
        if (!isScalar(key) || key.value === null) throw invalid(here, 'a key must be plain text');
        entries.set(String(key.value), convert(value as Node | null, here));
      }
      return { kind: 'map', entries, origin };
    }
    if (isSeq(node)) {
      const items = node.items.map((item) => convert(item as Node, at((item as Node).range?.[0] ?? 0)));
      return { kind: 'list', items, origin };
    }
    if (isAlias(node)) throw invalid(origin, `aliases such as *${node.source} are not supported: write the value out`);
    const value = isScalar(node) ? node.value : undefined;
    if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      return scalar(value, origin);
    }
    throw invalid(origin, 'expected text, a number, true, false, null, a list or a mapping');
  }
  const first = document.contents?.range[0];
  return convert(document.contents, first === undefined ? start : at(first));
}

/** `over` on top of `base`: mappings are merged key by key, anything else is replaced whole. */
export function merge(base: Tree, over: Tree): Tree {
  if (base.kind !== 'map' || over.kind !== 'map') return over;
  const entries = new Map(base.entries);
  for (const [key, value] of over.entries) {
    const below = entries.get(key);
    entries.set(key, below === undefined ? value : merge(below, value));
  }
  return { kind: 'map', entries, origin: over.origin };
}

/** The tree with `value` at `path`; mappings on the way are made where there are none. */
export function withValue(tree: Tree | undefined, path: readonly string[], value: Tree): Tree {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (tree?.kind === 'list') {
    const items = tree.items.map((item, i) => (String(i) === key ? withValue(item, rest, value) : item));
    return { ...tree, items };
  }
  const { entries, origin } = tree?.kind === 'map' ? tree : { entries: new Map<string, Tree>(), origin: value.origin };
  return { kind: 'map', entries: new Map(entries).set(key, withValue(entries.get(key), rest, value)), origin };
}

export function without(tree: MapTree, key: string): MapTree {
  return { ...tree, entries: new Map([...tree.entries].filter(([other]) => other !== key)) };
}

/** The value at `path`, or nothing. */
export function at(tree: Tree, path: readonly PropertyKey[]): Tree | undefined {
  let found: Tree | undefined = tree;
  for (const key of path) {
    if (found?.kind === 'map') found = found.entries.get(String(key));
    else if (found?.kind === 'list') found = found.items[Number(key)];
    else return undefined;
  }
  return found;
}

/** The text, number and so on at `path`; undefined where there is none. */
export function scalarAt(tree: Tree, path: readonly string[]): Scalar | undefined {
  const found = at(tree, path);
  return found?.kind === 'scalar' ? found.value : undefined;
}

/** The methods of a config, as far as they are a list. */
export function methodsIn(tree: Tree): readonly Tree[] {
  const methods = at(tree, ['methods']);
  return methods?.kind === 'list' ? methods.items : [];
}

/** Where the value at `path` stands, or the nearest thing around it that was written. */
export function originAt(tree: Tree, path: readonly PropertyKey[]): Origin {
  for (let length = path.length; length > 0; length--) {
    const found = at(tree, path.slice(0, length));
    if (found !== undefined) return found.origin;
  }
  return tree.origin;
}

/** The values alone. Objects have no prototype: a key named `__proto__` is a key like any other. */
export function plain(tree: Tree): unknown {
  if (tree.kind === 'scalar') return tree.value;
  if (tree.kind === 'list') return tree.items.map(plain);
  const object = Object.create(null) as Record<string, unknown>;
  for (const [key, value] of tree.entries) object[key] = plain(value);
  return object;
}

export function invalid(origin: Origin, message: string, hint?: string): SmoothOutError {
  return new SmoothOutError('CONFIG_INVALID', `${origin}: ${message}`, { hint });
}
