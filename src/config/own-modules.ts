/**
 * What the modules of the user's own export, and what their functions return: checked, so that a mistake in a user's file is
 * told as such, with the file and the function. Once checked, a module is entered under its path beside what comes with
 * smoothout.
 */
import { basename } from 'node:path';
import type { Tensor } from '@tensorflow/tfjs';
import { z } from 'zod';
import { isOwnDataset, type OwnDataset, registerDataset } from '../data/own.js';
import type { Layer } from '../nn/layers.js';
import type { Layout } from '../nn/layout.js';
import { isModelName, type OwnNetwork, registerNetwork } from '../nn/networks.js';
import type { Drawn, Given, Method, PassResult } from '../smoothout/method.js';
import { type OwnMethod, registerMethod } from '../smoothout/own.js';
import { awaitOwn, callBack, callOwn, type OwnFunction, wrongOwn } from '../support/own-code.js';
import { parseAs } from '../support/refusal.js';
import { count, nonNegative } from './values.js';

const text = z.string().min(1);
const callable = <F>() => z.custom<F>((value) => typeof value === 'function').describe('a function');

const network = z.strictObject({
  title: text,
  build: callable<OwnNetwork['build']>(),
  dropout: z.number().gt(0).lt(1).nullable().optional(),
  analysisBatch: z.strictObject({ running: count, batch: count }).optional(),
});

const dataset = z.strictObject({
  title: text,
  classes: z.int().min(2),
  shape: z.strictObject({ channels: count, height: count, width: count }),
  load: callable<OwnDataset['load']>(),
});

const method = z.strictObject({ title: text, build: callable<OwnMethod['build']>() });

/** What a module exports as its default is something else. */
export class NotOfKind extends Error {}

const exportedAs = <S extends z.ZodType>(schema: S, value: unknown) =>
  parseAs(schema, value, (why) => new NotOfKind(why));

/** Checks what a file of each kind exports and enters it. @throws NotOfKind */
export const REGISTER = {
  network: (path: string, value: unknown) => registerNetwork(path, checkedNetwork(path, exportedAs(network, value))),
  dataset: (path: string, value: unknown) => registerDataset(path, checkedDataset(path, exportedAs(dataset, value))),
  method: (path: string, value: unknown) => registerMethod(path, checkedMethod(path, exportedAs(method, value))),
} as const;

const unusable = () => {
  throw new Error('only the records of its runs are read');
};

/** What stands in for a file that is gone, where only the records of its runs are read. One that is known stays. */
export const STAND_IN = {
  network: (path: string) => {
    if (!isModelName(path)) registerNetwork(path, { title: basename(path), dropout: 0.5, build: unusable });
  },
  dataset: (path: string) => {
    const shape = { channels: 1, height: 1, width: 1 };
    if (!isOwnDataset(path)) registerDataset(path, { title: basename(path), classes: 2, shape, load: unusable });
  },
  // Runs are told by their methods' labels.
  method: () => {},
} as const;

const initial = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('uniform'), bound: nonNegative }),
  z.object({ kind: z.literal('normal'), standardDeviation: nonNegative }),
  z.object({ kind: z.literal('constant'), value: z.number() }),
  z.object({ kind: z.literal('batchNormScale') }),
]);
const named = { name: text, shape: z.array(count) };
const role = z.enum(['weight', 'bias', 'batchNormScale', 'batchNormShift']);

const layer = z.object({
  parameters: z.array(z.object({ ...named, role, initial })),
  statistics: z.array(z.object({ ...named, initial: z.literal([0, 1]) })),
  dropout: z.array(z.object({ name: text, units: count })),
  apply: callable<Layer['apply']>(),
});

function checkedNetwork(file: string, own: OwnNetwork): OwnNetwork {
  const build = { file, name: 'build()' };
  return {
    ...own,
    build(images, options) {
      const built: unknown = callOwn(build, () => own.build(images, options));
      const hint =
        typeof built === 'function' ? 'A layer is a module with its name: linear(8, 2, …)("out").' : undefined;
      return checked(layer, built, build, 'Layer', hint);
    },
  };
}

const images = z.object({ images: z.unknown(), labels: z.unknown() });
const loaded = z.object({ train: images, test: images });

function checkedDataset(file: string, own: OwnDataset): OwnDataset {
  const load = { file, name: 'load()' };
  return {
    ...own,
    async load(folder) {
      const splits = await awaitOwn(load, () => own.load(folder));
      checked(loaded, splits, load, 'data set, { train, test }');
      return splits;
    },
  };
}

const built = z.object({
  noise: z
    .object({
      distribution: z.enum(['uniform', 'gaussian']),
      a: nonNegative,
      schedule: z.enum(['constant', 'tanh', 'rising']),
      alpha: nonNegative.optional(),
      per: z.enum(['step', 'ghostBatch', 'copy']),
      parameters: z.enum(['all', 'withoutBatchNorm']),
    })
    .nullable(),
  evaluations: count,
  copies: count.optional(),
  memory: z.array(text).optional(),
  gradient: callable<(w: Tensor, given: object) => unknown>(),
});

function checkedMethod(file: string, own: OwnMethod): OwnMethod {
  const build = { file, name: 'build()' };
  return {
    ...own,
    build(settings, layout) {
      const returned: unknown = callOwn(build, () => own.build(settings, layout));
      const { gradient, ...declared } = checked(built, returned, build, 'Method');
      return { ...declared, gradient: checkedGradient(file, { ...declared, gradient }, layout) } as Method;
    },
  };
}

interface Returned {
  readonly gradient: unknown;
  readonly memory?: Readonly<Record<string, unknown>>;
}

/** The method's gradient with what it is given and what it returns checked. A pass that fails is not the method's fault. */
function checkedGradient(file: string, { gradient, memory = [] }: z.output<typeof built>, { size }: Layout) {
  const own = { file, name: 'gradient()' };
  const isVector = (value: unknown) => isTensor(value) && value.shape.length === 1 && value.shape[0] === size;
  return <P extends PassResult>(w: Tensor, given: Given<P> & Drawn): unknown =>
    callOwn(own, () => {
      let passed: readonly string[] | undefined;
      const result = gradient(w, {
        ...given,
        backPropagate: ((at, after) => {
          if (!isVector(at)) throw wrongOwn(own, `called backPropagate at ${shown(at)}, expected [${size}]`);
          const pass = callBack(() => given.backPropagate(at, after));
          passed = Object.keys(pass);
          return pass;
        }) satisfies Given<P>['backPropagate'],
      });
      if (passed === undefined) throw wrongOwn(own, 'did not call backPropagate');
      const missing = passed.find((key) => (result as Record<string, unknown> | undefined)?.[key] === undefined);
      if (missing !== undefined) {
        const hint = 'Return { ...pass, gradient }, with the pass that backPropagate returned.';
        throw wrongOwn(own, `returned ${shown(result)} without ${missing}`, hint);
      }
      const { gradient: returned, memory: kept = {} } = result as Returned;
      const vectors = {
        gradient: returned,
        ...Object.fromEntries(memory.map((name) => [`memory.${name}`, kept[name]])),
      };
      for (const [name, vector] of Object.entries(vectors)) {
        if (!isVector(vector)) throw wrongOwn(own, `returned as ${name} ${shown(vector)}, expected [${size}]`);
      }
      return result;
    });
}

/** What the schema makes of a value that a function of the user's returned. @throws SmoothOutError CONFIG_INVALID */
function checked<S extends z.ZodType>(
  schema: S,
  value: unknown,
  own: OwnFunction,
  expected: string,
  hint?: string,
): z.output<S> {
  if (value instanceof Promise) {
    // Rejected unheard, it would end the process.
    value.catch(() => {});
    throw wrongOwn(own, `returned a promise, expected a ${expected}`, hint);
  }
  return parseAs(schema, value, (why, path) =>
    path.length === 0
      ? wrongOwn(own, `returned ${shown(value)}, expected a ${expected}`, hint)
      : wrongOwn(own, `returned no ${expected}: ${nameAt(value, path)}${why}`, hint),
  );
}

/** `features.0.weight: `: the name of what is at `path` of a value, or of the nearest thing around it. */
function nameAt(value: unknown, path: readonly PropertyKey[]): string {
  let [inner, name] = [value, ''];
  for (const key of path) {
    inner = (inner as Record<PropertyKey, unknown>)[key];
    const own = (inner as { readonly name?: unknown } | null | undefined)?.name;
    if (typeof own === 'string') name = `${own}: `;
  }
  return name;
}

const isTensor = (value: unknown): value is Tensor =>
  typeof value === 'object' && value !== null && 'dataId' in value && 'shape' in value && Array.isArray(value.shape);

/** A value in a few words. */
function shown(value: unknown): string {
  if (isTensor(value)) return `a tensor of the shape [${value.shape}]`;
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return `{ ${Object.keys(value).join(', ')} }`;
  return JSON.stringify(value) ?? String(value);
}
