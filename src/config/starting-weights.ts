/** The file of parameters that `init` starts from: where it lies, and what it was when the run began. */
import { sha256OfFile } from '../support/digest.js';
import { asReadError } from '../support/files.js';
import { at, fileAt, invalid, type Tree, withValue } from './tree.js';

/**
 * The tree with `init` as an absolute path, and its SHA-256 in `modules`, which is part of a run's identity. A relative path
 * is relative to the file that it is written in. Without the file, a run that it was trained from can still be reported; only
 * training needs it.
 *
 * @throws SmoothOutError CHECKPOINT_INVALID: it cannot be read. CONFIG_INVALID: it is not the one that the run began with.
 */
export async function withStartingWeights(tree: Tree): Promise<Tree> {
  const init = at(tree, ['init']);
  if (init?.kind !== 'scalar' || typeof init.value !== 'string') return tree;
  const { origin } = init;
  const file = fileAt(origin, init.value);
  const known = at(tree, ['modules', file]);
  const digest = await sha256OfFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw asReadError(error, `${origin}: init: ${file}`, 'CHECKPOINT_INVALID');
  });
  const placed = withValue(tree, ['init'], { kind: 'scalar', value: file, origin });
  if (digest === undefined) return placed;
  if (known?.kind === 'scalar' && known.value !== digest) {
    const hint = 'Put the file back as it was, or run it as another experiment.';
    throw invalid(origin, `init: ${file}: has changed since this run began`, hint);
  }
  return withValue(placed, ['modules', file], { kind: 'scalar', value: digest, origin });
}
