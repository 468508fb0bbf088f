/** `--set key.path=value`, on top of everything that files say. */
import { SmoothOutError } from '../support/errors.js';
import { didYouMean } from '../support/suggest.js';
import { at, type Origin, parseTree, type Tree, withValue } from './tree.js';

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
 * Applies an override. A method is named by its place, label or name (`methods.smoothout.noise.a`), and `noise.…` is
 * said of every method that has noise.
 *
 * @throws SmoothOutError CONFIG_INVALID where it names no method of the config.
 */
export function applyOverride(tree: Tree, { path, value, origin }: Override): Tree {
  const methods = at(tree, ['methods']);
  const labels = methods?.kind === 'list' ? methods.items.map(labelOf) : [];
  const [first, second] = path;
  if (first === 'noise') {
    const noisy = [...labels.keys()].filter((i) => nameOf(at(tree, ['methods', i])) !== 'baseline');
    if (noisy.length === 0) throw new SmoothOutError('CONFIG_INVALID', `${origin}: no method of this config has noise`);
    return noisy.reduce((result, i) => withValue(result, ['methods', String(i), ...path], value), tree);
  }
  if (first !== 'methods' || second === undefined) return withValue(tree, path, value);

  const index = /^\d+$/.test(second) ? Number(second) : labels.indexOf(second);
  if (labels[index] === undefined) {
    throw new SmoothOutError(
      'CONFIG_INVALID',
      `${origin}: this config has no method "${second}"${didYouMean(second, labels) || `; it has ${labels.join(', ')}`}`,
    );
  }
  return withValue(tree, ['methods', String(index), ...path.slice(2)], value);
}

function labelOf(method: Tree): string {
  const label = at(method, ['label']);
  return label?.kind === 'scalar' ? String(label.value) : nameOf(method);
}

function nameOf(method: Tree | undefined): string {
  const name = method && at(method, ['name']);
  return name?.kind === 'scalar' ? String(name.value) : '';
}
