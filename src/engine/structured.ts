/** Gives an engine of flat records the types of engine.ts: values in named groups, each known by the compiler. */
import { Tensor } from '@tensorflow/tfjs';
import { named } from '../support/at.js';
import { SmoothOutError } from '../support/errors.js';
import type { Engine, Program, ResultsOf, Specs, TensorSpec, Tensors, TensorsOf, ValuesOf } from './engine.js';
import { type FlatEngine, handingOn, type NamedValues } from './flat.js';

export function structured({ compile, ...engine }: FlatEngine): Engine {
  return {
    ...engine,
    async compile<S extends Specs, O extends Tensors, K extends keyof O = never>(
      fn: (inputs: TensorsOf<S>) => O,
      specs: S,
      { keep = [] }: { readonly keep?: readonly K[] } = {},
    ): Promise<Program<S, O, K>> {
      let groups: Nested<string> = {};
      const program = await compile(
        (inputs) => {
          const outputs = checkedOutputs(fn(mapNested(specs, (_, path) => named(inputs, path)) as TensorsOf<S>));
          groups = mapNested(outputs, (_, path) => path);
          return flatten<Tensor>(outputs);
        },
        flatten<TensorSpec>(specs),
        (name) => keep.some((kept) => name === kept || name.startsWith(`${String(kept)}/`)),
      );
      const grouped = (results: NamedValues) => mapNested(groups, (path) => results[path]) as ResultsOf<O, K>;
      return {
        run: async (inputs) => grouped(await program.run(flatValues(inputs))),
        async *runs(first, each) {
          const items = flatItems(each);
          const start = flatValues(first);
          const all = program.runs
            ? program.runs(start, items)
            : handingOn(start, items, (carried, item) => program.run({ ...carried, ...item }));
          for await (const results of all) yield grouped(results);
        },
        dispose: program.dispose,
      };
    },
  };
}

const flatValues = <S>(values: ValuesOf<S>): NamedValues => flatten(values as Nested<NamedValues[string]>);

async function* flatItems<S>(each: AsyncIterable<ValuesOf<S>>): AsyncGenerator<NamedValues, void, void> {
  for await (const inputs of each) yield flatValues(inputs);
}

/** @throws SmoothOutError UNSUPPORTED_OP unless `outputs` is an object of tensors, in groups or not. */
function checkedOutputs<O extends Tensors>(outputs: O): O {
  const isPromise = outputs instanceof Promise;
  if (isPromise) outputs.catch(() => {});
  const isGroup = outputs instanceof Object && !isPromise && !(outputs instanceof Tensor);
  const leaves = isGroup ? Object.values(flatten<unknown>(outputs)) : [];
  if (leaves.length > 0 && leaves.every((leaf) => leaf instanceof Tensor)) return outputs;
  const what = isPromise ? 'a promise' : 'something else';
  throw new SmoothOutError(
    'UNSUPPORTED_OP',
    `A traced function returns an object of tensors; this one returned ${what}.`,
  );
}

/** Values in named groups, such as { state: { parameters, statistics }, loss }. */
type Nested<T> = T | { readonly [name: string]: Nested<T> };

/** Tensors and specs say their dtype, device arrays can be read, host arrays are views of a buffer; a group is none of these. */
const isGroup = (nested: unknown) =>
  nested instanceof Object && !('dtype' in nested || 'read' in nested || ArrayBuffer.isView(nested));

/** Changes each value and keeps the groups; `path` is such as state/parameters. Names that have no value are left out. */
function mapNested<T, U>(nested: Nested<T>, change: (value: T, path: string) => U, path = ''): Nested<U> {
  if (!isGroup(nested)) return change(nested as T, path);
  const entries = Object.entries(nested as Readonly<Record<string, Nested<T> | undefined>>).flatMap(([name, below]) => {
    if (below === undefined) return [];
    return [[name, mapNested(below, change, path === '' ? name : `${path}/${name}`)] as const];
  });
  return Object.fromEntries(entries);
}

/** The values by their paths. */
function flatten<T>(nested: Nested<T>): Record<string, T> {
  const flat: Record<string, T> = {};
  mapNested(nested, (value, path) => {
    flat[path] = value;
  });
  return flat;
}
