/** Values in named groups, such as { state: { parameters, statistics }, loss }, and the flat records that engines take. */

export type Nested<T> = T | { readonly [name: string]: Nested<T> };

/** Tensors and specs say their dtype, device arrays can be read, host arrays are views of a buffer; a group is none of these. */
const isGroup = (nested: unknown) =>
  nested instanceof Object && !('dtype' in nested || 'read' in nested || ArrayBuffer.isView(nested));

/** Changes each value and keeps the groups; `path` is such as state/parameters. Names that have no value are left out. */
export function mapNested<T, U>(nested: Nested<T>, change: (value: T, path: string) => U, path = ''): Nested<U> {
  if (!isGroup(nested)) return change(nested as T, path);
  const entries = Object.entries(nested as Readonly<Record<string, Nested<T> | undefined>>).flatMap(([name, below]) => {
    if (below === undefined) return [];
    return [[name, mapNested(below, change, path === '' ? name : `${path}/${name}`)] as const];
  });
  return Object.fromEntries(entries);
}

/** Changes each value and keeps its name. */
export function mapValues<T, U>(
  values: Readonly<Record<string, T>>,
  change: (value: T, name: string) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value, name)]));
}

/** The values by their paths. */
export function flatten<T>(nested: Nested<T>): Record<string, T> {
  const flat: Record<string, T> = {};
  mapNested(nested, (value, path) => {
    flat[path] = value;
  });
  return flat;
}
