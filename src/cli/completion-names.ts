/** The names in the working folder that a shell completes. */
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { method } from '../config/methods.js';
import { at, parseTrees, type Tree } from '../config/tree.js';
import { DATASET_NAMES } from '../data/catalogue.js';
import { foldersBelow, RUN_DEPTH } from '../records/find-runs.js';

export const datasets = (): readonly string[] => DATASET_NAMES;

/** The YAML files here and in the folders for configs. */
export async function configs(): Promise<string[]> {
  const found = await Promise.all(['.', 'configs', join('configs', 'beyond'), 'examples'].map(yamlFilesIn));
  return found.flat();
}

async function yamlFilesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.endsWith('.yaml')).map((name) => join(folder, name));
}

const RUNS = join('results', 'runs');

/** Experiments, or so many levels below them. */
export const runs = (depth: number): Promise<string[]> => foldersBelow(RUNS, depth);

export async function checkpoints(): Promise<string[]> {
  return (await foldersBelow(RUNS, RUN_DEPTH)).map((name) => join(RUNS, name, 'best.safetensors'));
}

/** The labels in those of the files that are configs; without one, every method there is. */
export async function methods(files: readonly string[]): Promise<string[]> {
  const labels = (await Promise.all(files.map((file) => labelsIn(file)))).flat();
  return labels.length > 0 ? [...new Set(labels)] : method.options.map(({ shape }) => shape.name.value);
}

/** Read off the text: nothing that a config names is loaded, and a mistake in it is for the command to tell. */
async function labelsIn(file: string, depth = 0): Promise<string[]> {
  try {
    const trees = parseTrees(await readFile(file, 'utf8'), () => file);
    const labels = trees.flatMap((tree) => {
      const methods = at(tree, ['methods']);
      return methods?.kind === 'list'
        ? methods.items.flatMap((each) => textAt(each, 'label') ?? textAt(each, 'name') ?? [])
        : [];
    });
    const parents = trees.flatMap((tree) => textAt(tree, 'extends') ?? []);
    if (labels.length > 0 || depth > 8) return labels;
    return (await Promise.all(parents.map((parent) => labelsIn(join(dirname(file), parent), depth + 1)))).flat();
  } catch {
    return [];
  }
}

function textAt(tree: Tree, key: string): string | undefined {
  const found = at(tree, [key]);
  return found?.kind === 'scalar' && typeof found.value === 'string' ? found.value : undefined;
}
