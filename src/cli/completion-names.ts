/** The names in the working folder that a shell completes. */
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { labelIn } from '../config/layers.js';
import { method } from '../config/methods.js';
import { methodsIn, parseTrees, scalarAt } from '../config/tree.js';
import { DATASET_NAMES } from '../data/catalogue.js';
import { foldersBelow, RUN_DEPTH } from '../records/find-runs.js';

/** What stands for an argument or an option of a name. `depth`: how many folders the word that is completed has. */
const SOURCES: Readonly<
  Record<string, (operands: readonly string[], depth: number) => Promise<readonly string[]> | readonly string[]>
> = {
  'config.yaml': configs,
  '--method': methods,
  runs: experiments,
  what: experiments,
  '--ckpt': checkpoints,
  '--from': checkpoints,
  '--to': checkpoints,
  names: () => DATASET_NAMES,
};

/** The names for an option or an argument; none where a file of any name may stand. `operands`: the command's so far. */
export async function namesFor(what: string, operands: readonly string[], current: string): Promise<readonly string[]> {
  return (await SOURCES[what]?.(operands, current.split('/').length)) ?? [];
}

/** The YAML files here and in the folders for configs. */
async function configs(): Promise<string[]> {
  const found = await Promise.all(['.', 'configs', join('configs', 'beyond'), 'examples'].map(yamlFilesIn));
  return found.flat();
}

async function yamlFilesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.endsWith('.yaml')).map((name) => join(folder, name));
}

const RUNS = join('results', 'runs');

/** Experiments, or as many levels below them as the word has. */
function experiments(_: readonly string[], depth: number): Promise<string[]> {
  return foldersBelow(RUNS, depth);
}

async function checkpoints(): Promise<string[]> {
  return (await foldersBelow(RUNS, RUN_DEPTH)).map((name) => join(RUNS, name, 'best.safetensors'));
}

/** The labels in those of the files that are configs; without one, every method there is. */
async function methods(files: readonly string[]): Promise<string[]> {
  const labels = (await Promise.all(files.map((file) => labelsIn(file)))).flat();
  return labels.length > 0 ? [...new Set(labels)] : method.options.map(({ shape }) => shape.name.value);
}

/** Read off the text: nothing that a config names is loaded, and a mistake in it is for the command to tell. */
async function labelsIn(file: string, depth = 0): Promise<string[]> {
  try {
    const trees = parseTrees(await readFile(file, 'utf8'), () => file);
    const labels = trees
      .flatMap(methodsIn)
      .map(labelIn)
      .filter((label) => label !== '');
    if (labels.length > 0 || depth > 8) return labels;
    const parents = trees.flatMap((tree) => scalarAt(tree, ['extends']) ?? []);
    const below = parents.map((parent) => labelsIn(join(dirname(file), String(parent)), depth + 1));
    return (await Promise.all(below)).flat();
  } catch {
    return [];
  }
}
