/** Lays the settings of a preset under a config's files, and those of `--set key.path=value` over them. */
import { didYouMean, SmoothOutError } from '../support/errors.js';
import { methodHas } from './methods.js';
import {
  at,
  invalid,
  methodsIn,
  type Origin,
  parseTree,
  type Scalar,
  scalar,
  scalarAt,
  type Tree,
  withValue,
} from './tree.js';

type Setting = readonly [path: readonly string[], value: Scalar];

/**
 * `preset: paper` is the paper's text as written, which is what the schema's defaults are. `preset: reference` is the
 * authors' code as it ran (wenwei202/smoothout, commit 3a519df of May 2018): where the two differ, these are the
 * settings that make the difference. A key that the config gives itself wins over the preset.
 */
function referenceSettings(model: unknown, optimizer: unknown): Setting[] {
  const settings: Setting[] = [
    // adjust_optimizer builds a new torch.optim object at the start of every epoch (utils.py:151-175): moments, momentum
    // and Adam's step count start over.
    [['optimizer', 'reset'], 'epoch'],
    // clip_grad_norm(params, 5.) before every update (main_gbn.py:472). The text does not mention it.
    [['optimizer', 'clipNorm'], 5],
  ];
  // The default of --wd when the Adam runs were made (8f45431:85). Of SGD's decay, the configs speak themselves.
  if (optimizer === 'adam') settings.push([['optimizer', 'weightDecay'], 1e-4]);
  // PyTorch 0.3.1 draws γ from U(0, 1). resnet.py:14-21 sets it to 1.
  if (model !== 'resnet44') settings.push([['batchNorm', 'scaleInitialisation'], 'uniform']);
  return settings;
}

const REFERENCE_NOISE: Readonly<Record<string, readonly Setting[]>> = {
  smoothout: [
    // θ is drawn inside the loop over ghost batches (main_gbn.py:398-446); Algorithm 1 draws it once a step.
    [['noise', 'per'], 'ghostBatch'],
    // The default of --smoothing-type from 83ccbb8 to eb3f273, the weeks in which these runs were made. An inference: the
    // command lines are not published.
    [['noise', 'schedule'], 'tanh'],
  ],
  // These runs are of April 2018, when the default was constant again.
  adasmoothout: [[['noise', 'per'], 'ghostBatch']],
};

/** The tree with what its preset says wherever it says nothing itself. */
export function applyPreset(tree: Tree): Tree {
  if (scalarAt(tree, ['preset']) !== 'reference') return tree;
  const optimizer = scalarAt(tree, ['optimizer', 'name']) ?? 'adam';
  let filled = fill(tree, [], referenceSettings(scalarAt(tree, ['model']), optimizer));
  for (const [i, method] of methodsIn(tree).entries()) {
    filled = fill(filled, ['methods', String(i)], REFERENCE_NOISE[nameIn(method)] ?? []);
  }
  return filled;
}

function fill(tree: Tree, prefix: readonly string[], settings: readonly Setting[]): Tree {
  return settings.reduce((filled, [path, value]) => {
    const full = [...prefix, ...path];
    const parent = at(filled, full.slice(0, -1));
    const taken = at(filled, full) !== undefined || (parent !== undefined && parent.kind !== 'map');
    return taken ? filled : withValue(filled, full, scalar(value, 'preset reference'));
  }, tree);
}

/** A value that is laid over a config. */
export interface Override {
  readonly path: readonly string[];
  readonly value: Tree;
  readonly origin: Origin;
}

/** @throws SmoothOutError USAGE */
export function parseOverride(text: string): Override {
  const match = /^([^=\s]+)=(.*)$/s.exec(text);
  if (match === null) {
    throw new SmoothOutError('USAGE', `--set ${text}: expected key.path=value`, {
      hint: 'For example --set epochs=3 or --set optimizer.learningRate=0.01',
    });
  }
  const origin = `--set ${text}`;
  const value = parseTree(match[2]!, () => origin);
  return { path: match[1]!.split('.'), value, origin };
}

/**
 * Applies an override. A method is named by its label, name or place (`methods.smoothout.noise.a`), the first of these that
 * fits; a name is of every method that has it. `noise.…` and `rho` are said of every method that has them.
 *
 * @throws SmoothOutError CONFIG_INVALID where it names no method of the config.
 */
export function applyOverride(tree: Tree, { path, value, origin }: Override): Tree {
  const labels = methodsIn(tree).map(labelIn);
  const names = methodsIn(tree).map(nameIn);
  const [first, second] = path;
  if (first === 'noise' || first === 'rho') {
    const having = [...names.entries()].flatMap(([i, name]) => (methodHas(name, first) ? [i] : []));
    if (having.length === 0) throw invalid(origin, `no method of this config has ${first}`);
    return having.reduce((result, i) => withValue(result, ['methods', String(i), ...path], value), tree);
  }
  if (first !== 'methods' || second === undefined) return withValue(tree, path, value);

  const keys = path.slice(1);
  const found = [labels, names, [...labels.keys()].map(String)].map((called) => methodsCalled(called, keys));
  const named = found.find(({ places }) => places.length > 0);
  if (named === undefined) {
    const help = didYouMean(second, labels) || `; it has ${labels.join(', ')}`;
    throw invalid(origin, `this config has no method "${second}"${help}`);
  }
  return named.places.reduce((result, i) => withValue(result, ['methods', String(i), ...named.rest], value), tree);
}

/** Which methods the first of `keys` name, and the keys after that. A label may have dots: the longest that fits counts. */
function methodsCalled(called: readonly string[], keys: readonly string[]) {
  for (let length = keys.length; length > 0; length--) {
    const name = keys.slice(0, length).join('.');
    const places = [...called.keys()].filter((i) => called[i] === name);
    if (places.length > 0) return { places, rest: keys.slice(length) };
  }
  return { places: [], rest: [] };
}

/** What a method is called as it is written: by its label or, without one, its name. */
export const labelIn = (method: Tree): string => String(scalarAt(method, ['label']) ?? nameIn(method));

/** The name of a method as it is written, or '', which the schema will refuse. */
export const nameIn = (method: Tree): string => String(scalarAt(method, ['name']) ?? '');
