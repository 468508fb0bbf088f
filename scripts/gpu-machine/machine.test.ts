/** The GPU machine's scripts from end to end, on SwiftShader: minutes, so only among the long tests. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { smallMnist } from '../../src/cli/testing/small-mnist.js';
import { MNIST_FILES } from '../../src/data/mnist.js';
import { describeOnSwiftShader } from '../../src/engine/testing/swiftshader.js';
import { PACKAGE_FOLDER } from '../../src/support/versions.js';
import { isSoak } from '../../src/testing/soak.js';

const SETTINGS = 'epochs=1 trainLimit=64 validationLimit=64 batchSize=16 hidden=[8,8]';

await describeOnSwiftShader('a GPU machine', async () => {
  test.skipIf(!isSoak || process.platform !== 'linux' || process.arch !== 'x64')(
    'is prepared for, checked, profiled and trained on, and its runs come back',
    async () => {
      const place = await mkdtemp(join(tmpdir(), 'smoothout-gpu-'));
      const [sets, out, results] = ['sets', 'out', 'results'].map((name) => join(place, name)) as [
        string,
        string,
        string,
      ];
      const bash = (script: string, args: readonly string[], env: Record<string, string>) => {
        const options = { cwd: PACKAGE_FOLDER, encoding: 'utf8', env: { ...process.env, ...env } } as const;
        const { status, stdout, stderr } = spawnSync('bash', [script, ...args], options);
        expect(status, stdout + stderr).toBe(0);
        return stdout;
      };
      const data = await smallMnist(64, 64);
      const prepared = { INTO: sets, LEVEL: '0', CAPACITY: String(300 * 2 ** 20) };
      bash('scripts/gpu-machine/prepare.sh', ['--data', data], prepared);
      const machine = {
        KIT_HOME: join(place, 'home'),
        OUT: out,
        TINY: '1',
        JOBS: '2',
        SET: SETTINGS,
        SMOOTHOUT_DEVICE: '',
      };
      const stages = ['setup', 'check', 'profile', 'train', 'quickstart', 'baseline,smoothout', '200'];
      bash(join(sets, 'a', 'on-gpu.sh'), stages, { ...machine, LIMIT: '580', NETWORK_SECONDS: '300' });
      const digits = join(machine.KIT_HOME, 'data', basename(data), MNIST_FILES.train[0]);
      expect(await readFile(digits)).toEqual(await readFile(join(data, MNIST_FILES.train[0])));
      const checked = JSON.parse(await readFile(join(out, 'check.jsonl'), 'utf8'));
      expect(checked).toMatchObject({ network: 'c1', verdict: 'agrees' });
      expect(await readFile(join(out, 'profile.txt'), 'utf8')).toMatch(/programs of the GPU +[1-9]/);
      const told = bash('scripts/gpu-machine/bring-back.sh', [out, results], {});
      expect(told).toContain('quickstart-sb/smoothout/seed-1: completed, 1 of 1 epochs');
      const run = join(results, 'runs', 'quickstart-lb', 'baseline', 'seed-1', 'run.json');
      const { gitCommit } = JSON.parse(await readFile(run, 'utf8'));
      const built = await readFile(join(PACKAGE_FOLDER, 'dist', 'commit.txt'), 'utf8');
      expect(gitCommit).toBe(built.trim());
    },
  );
});
