/** Values in named groups, such as { state: { parameters, statistics }, loss }, and the flat records that engines take. */

export type Tree<T> = T | { readonly [name: string]: Tree<T> };

/** Tensors and specs say their dtype, device arrays can be read, host arrays are views of a buffer; a group is none of these. */
const isGroup = (tree: unknown) =>
  tree instanceof Object && !('dtype' in tree || 'read' in tree || ArrayBuffer.isView(tree));

/** The same groups with each value changed; `path` is such as state/parameters. Names that have no value are left out. */
export function mapTree<T, U>(tree: Tree<T>, change: (value: T, path: string) => U, path = ''): Tree<U> {
  if (!isGroup(tree)) return change(tree as T, path);
  const entries = Object.entries(tree as Readonly<Record<string, Tree<T> | undefined>>).flatMap(([name, below]) => {
    if (below === undefined) return [];
    return [[name, mapTree(below, change, path === '' ? name : `${path}/${name}`)] as const];
  });
  return Object.fromEntries(entries);
}

/** The same names, each with its value changed. */
export function mapValues<T, U>(
  values: Readonly<Record<string, T>>,
  change: (value: T, name: string) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value, name)]));
}

/** The values by their paths. */
export function flatten<T>(tree: Tree<T>): Record<string, T> {
  const flat: Record<string, T> = {};
  mapTree(tree, (value, path) => {
    flat[path] = value;
  });
  return flat;
}
