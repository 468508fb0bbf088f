/** What CONTRIBUTING.md says of a new network: one file and one row, here those of a network of examples/. */
import { spawnSync } from 'node:child_process';
import { copyFile, cp, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { smallConfig, smallMnist } from './testing/small-mnist.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ROW = `
  mine: {
    title: 'Small CNN',
    datasets: ['mnist'],
    dropout: null,
    analysisBatch: perceptron,
    multiplyAdds: null,
    load: () => import('./models/mine.js'),
  },`;

/** A copy of the sources, with the network's file and its row in the registry. */
async function sourcesWithNetwork(): Promise<string> {
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
  const registry = join(folder, 'src/nn/networks.ts');
  const [before, after] = (await readFile(registry, 'utf8')).split(/(?<=^export const NETWORKS = \{)/m);
  await writeFile(registry, `${before}${ROW}${after}`);
  await copyFile(join(ROOT, 'examples/my-network.ts'), join(folder, 'src/nn/models/mine.ts'));
  return folder;
}

describe('a network of examples/, as one file and one row more', () => {
  let folder: string;
  let compiled: string;
  beforeAll(async () => {
    folder = await sourcesWithNetwork();
    const tsc = join(ROOT, 'node_modules/.bin/tsc');
    compiled = spawnSync(tsc, ['-p', 'tsconfig.build.json'], { cwd: folder, encoding: 'utf8' }).stdout;
  });

  test('is all that the compiler asks for', () => {
    expect(compiled).toBe('');
  });

  test('trains, is validated, measured and reported under its title', async () => {
    const config = await smallConfig({ experiment: 'new', model: 'mine', hidden: null, epochs: 1 });
    const data = await smallMnist();
    const smoothout = (...words: string[]) => {
      const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/smoothout.js', ...words], {
        cwd: folder,
        encoding: 'utf8',
      });
      expect(status, stderr).toBe(0);
      return stdout;
    };
    expect(smoothout('run', config, '--data', data)).toMatch(/new +smoothout .* completed/);
    const checkpoint = 'results/runs/new/smoothout/seed-1/best.safetensors';
    smoothout('sensitivity', '--ckpt', checkpoint, '--noise', '0,0.01', '--data', data);
    expect(smoothout('report')).toMatch(/Small CNN +MNIST +50 +SmoothOut/);
  });
});
