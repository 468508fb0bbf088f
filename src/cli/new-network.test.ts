/** What CONTRIBUTING.md says of a new network and a new data set: a file and a row of each, and an entry of the catalogue. */
import { spawnSync } from 'node:child_process';
import { appendFile, copyFile, cp, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../data/testing/fixtures.js';
import { smallConfig, smallMnist } from './testing/small-mnist.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NETWORK = `
  mine: {
    title: 'Small CNN',
    datasets: ['mnist', 'fresh'],
    dropout: null,
    analysisBatch: perceptron,
    multiplyAdds: null,
    load: () => import('./models/mine.js'),
  },`;

const DATASET = `
  fresh: { standIn: { train: 60, test: 20 }, load: async () => (await import('./fresh.js')).fresh },`;
/** As official as a file can be that there is none of. */
const OFFICIAL = `{ bytes: 1, sha256: '${'0'.repeat(64)}' }`;
const ENTRY = `
fresh:
  title: Fresh digits
  about: of a format that is known already
  homepage: https://example.com
  classes: 10
  shape: [1, 28, 28]
  images: { train: 60, test: 20 }
  folders: [fresh]
  files:
    train-images-idx3-ubyte: ${OFFICIAL}
    train-labels-idx1-ubyte: ${OFFICIAL}
    t10k-images-idx3-ubyte: ${OFFICIAL}
    t10k-labels-idx1-ubyte: ${OFFICIAL}
`;

/** A copy of the sources, with the network's and the data set's files, and their rows. */
async function sourcesWithBoth(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'smoothout-network-'));
  const filter = (path: string) => !/\.test\.ts$|\/testing$/.test(path);
  for (const name of [
    'bin',
    'src',
    'datasets/catalogue.yaml',
    'package.json',
    'tsconfig.json',
    'tsconfig.build.json',
  ]) {
    await cp(join(ROOT, name), join(folder, name), { recursive: true, filter });
  }
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  await insert(join(folder, 'src/nn/networks.ts'), NETWORK, /(?<=^export const NETWORKS = \{)/m);
  await copyFile(join(ROOT, 'examples/my-network.ts'), join(folder, 'src/nn/models/mine.ts'));
  await insert(join(folder, 'src/data/datasets.ts'), DATASET, /(?=\n\} as const satisfies)/);
  await writeFile(join(folder, 'src/data/fresh.ts'), "export { mnist as fresh } from './mnist.js';\n");
  await appendFile(join(folder, 'datasets/catalogue.yaml'), ENTRY);
  return folder;
}

async function insert(file: string, text: string, where: RegExp): Promise<void> {
  const [before, after] = (await readFile(file, 'utf8')).split(where);
  await writeFile(file, `${before}${text}${after}`);
}

describe('a network of examples/ and a data set, each as one file and one row more', () => {
  let folder: string;
  let compiled: string;
  beforeAll(async () => {
    folder = await sourcesWithBoth();
    const tsc = join(ROOT, 'node_modules/.bin/tsc');
    compiled = spawnSync(tsc, ['-p', 'tsconfig.build.json'], { cwd: folder, encoding: 'utf8' }).stdout;
  });

  test('are all that the compiler asks for', () => {
    expect(compiled).toBe('');
  });

  function smoothout(...words: string[]): string {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/smoothout.js', ...words], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(status, stderr).toBe(0);
    return stdout;
  }

  test('the network trains, is validated, measured and reported under its title', async () => {
    const config = await smallConfig({ experiment: 'new', model: 'mine', hidden: null, epochs: 1 });
    const data = await smallMnist();
    expect(smoothout('run', config, '--data', data)).toMatch(/new +smoothout .* completed/);
    const checkpoint = 'results/runs/new/smoothout/seed-1/best.safetensors';
    smoothout('sensitivity', '--ckpt', checkpoint, '--noise', '0,0.01', '--data', data);
    expect(smoothout('report')).toMatch(/Small CNN +MNIST +50 +SmoothOut/);
  });

  test('the data set is listed, generated, trained on and reported under its title', async () => {
    const settings = { experiment: 'fresh', model: 'mine', dataset: 'fresh', synthetic: true };
    const config = await smallConfig({ ...settings, hidden: null, epochs: 1, batchSize: 20 });
    const data = await temporaryFolder();
    smoothout('run', config, '--data', data);
    expect(smoothout('data', 'list', '--data', data)).toMatch(/^fresh +Fresh digits, .* not here +yes$/m);
    expect(smoothout('report')).toMatch(/Fresh digits/);
  });
});
