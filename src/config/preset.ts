/**
 * `preset: paper` is the paper's text as written, which is what the schema's defaults are. `preset: reference` is the
 * authors' code as it ran (wenwei202/smoothout, commit 3a519df of May 2018): where the two differ, these are the
 * settings that make the difference. A key that the config gives itself wins over the preset.
 */
import { at, type Origin, type Scalar, type Tree, withValue } from './tree.js';

type Setting = readonly [path: readonly string[], value: Scalar];

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

const ORIGIN: Origin = 'preset reference';

/** The tree with what its preset says wherever it says nothing itself. */
export function applyPreset(tree: Tree): Tree {
  if (scalarAt(tree, ['preset']) !== 'reference') return tree;
  const optimizer = scalarAt(tree, ['optimizer', 'name']) ?? 'adam';
  let filled = fill(tree, [], referenceSettings(scalarAt(tree, ['model']), optimizer));
  const methods = at(tree, ['methods']);
  if (methods?.kind === 'list') {
    for (const i of methods.items.keys()) {
      const settings = REFERENCE_NOISE[String(scalarAt(tree, ['methods', String(i), 'name']))];
      if (settings !== undefined) filled = fill(filled, ['methods', String(i)], settings);
    }
  }
  return filled;
}

function fill(tree: Tree, prefix: readonly string[], settings: readonly Setting[]): Tree {
  return settings.reduce((filled, [path, value]) => {
    const full = [...prefix, ...path];
    const parent = at(filled, full.slice(0, -1));
    const taken = at(filled, full) !== undefined || (parent !== undefined && parent.kind !== 'map');
    return taken ? filled : withValue(filled, full, { kind: 'scalar', value, origin: ORIGIN });
  }, tree);
}

function scalarAt(tree: Tree, path: readonly string[]): Scalar | undefined {
  const found = at(tree, path);
  return found?.kind === 'scalar' ? found.value : undefined;
}
