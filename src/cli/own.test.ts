/** Networks, data sets and methods of the user's own: examples/ in every command, and what is wrong with such a file. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { readRunRecord } from '../records/run-record.js';
import { readSafetensors } from '../support/safetensors.js';
import './testing/expectations.js';
import { smoothout } from './testing/smoothout.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const EXAMPLES = join(ROOT, 'examples');
const temporary = () => mkdtemp(join(tmpdir(), 'smoothout-own-'));
const digestOf = async (path: string) => (await readSafetensors(path)).metadata.sha256;

/** A copy of examples/ that a test may change, where no package is installed. */
async function copyOfExamples(): Promise<string> {
  const folder = await temporary();
  for (const file of await readdir(EXAMPLES)) await copyFile(join(EXAMPLES, file), join(folder, file));
  return folder;
}

describe('the examples', () => {
  let out: string;
  const run = (method: string) => join(out, 'runs', 'own', method, 'seed-1');
  beforeAll(async () => {
    out = await temporary();
    expect(await smoothout`run examples/own.yaml --out ${out} --jobs 2`).toMatchObject({ status: 0 });
  });

  test('train, and are recorded with what they were made of', async () => {
    const record = await readRunRecord(join(run('my-method'), 'run.json'));
    expect(record).toMatchObject({ status: 'completed', dataset: join(EXAMPLES, 'my-data.ts'), method: 'my-method' });
    expect(Object.keys(record.data.digests)).toEqual(['train', 'test']);
    expect(record.bestAccuracy).toBeGreaterThan(90);
  });

  test('stopped in the middle, they go on to the same bits', async () => {
    const [whole, stopped] = [await temporary(), await temporary()];
    const command = (to: string) => smoothout`run examples/own.yaml --method own --set epochs=20 --out ${to}`;
    await command(whole);
    const running = command(stopped);
    await running.says(/epoch 3\//);
    running.kill('SIGINT');
    expect((await running).status).toBe(75);
    expect((await command(stopped)).stderr).toContain('resuming');
    const last = (to: string) => digestOf(join(to, 'runs/own/my-method/seed-1/last.safetensors'));
    expect(await last(stopped)).toBe(await last(whole));
  });

  test('are known to every command, from any folder', async () => {
    const [best, other] = ['my-method', 'baseline'].map((method) => join(run(method), 'best.safetensors'));
    const elsewhere = smoothout.with({ through: ['env', '-C', tmpdir()] });
    expect(await elsewhere`sharpness --ckpt ${best!}`).toMatchObject({ status: 0 });
    expect(await elsewhere`sensitivity --ckpt ${best!} --noise 0,0.01 --out ${out}`).toMatchObject({ status: 0 });
    expect(await elsewhere`interpolate --from ${other!} --to ${best!} --alpha 0,1 --out ${out}`).toMatchObject({
      status: 0,
    });
    expect((await elsewhere`report --runs ${out}`).stdout).toMatch(/Small CNN +Stripes +50 +my-method/);
    expect(await elsewhere`landscape --ckpt ${best!} --out ${out}`).toMatchObject({ status: 0 });
    const again = await elsewhere`run ${join(run('my-method'), 'config.yaml')} --out ${out}`;
    expect(again.stderr).toContain('own my-method seed 1: completed before');
  });
});

test('the strength of a method from a file is tuned and set as that of any other', async () => {
  const folder = await copyOfExamples();
  const config = join(folder, 'own.yaml');
  const tuning = smoothout`tune ${config} --method my-method --grid noise.a=0.01,0.02 --no-bracket --holdout 100 --set epochs=1 --out ${folder}`;
  expect(await tuning).toMatchObject({ status: 0, stdout: expect.stringMatching(/0\.01.*0\.02/s) });
  const { stdout } = await smoothout`run ${config} --dry-run --set methods.my-method.noise.a=0.03`;
  expect(stdout).toMatch(/label: my-method\n +noise:\n +a: 0\.03/);
});

test('the README’s network trains', async () => {
  const folder = await copyOfExamples();
  const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
  const [, block] = /## Your own network.*?```ts\n(.*?)```/s.exec(readme)!;
  expect(block!.trimEnd().split('\n').length).toBeLessThanOrEqual(10);
  await writeFile(join(folder, 'my-network.ts'), block!);
  const command = smoothout`run ${join(folder, 'own.yaml')} --method baseline --set epochs=1 --out ${folder}`;
  expect(await command).toMatchObject({ status: 0 });
});

describe('a file of one’s own', () => {
  test.each([
    [
      'exports something else',
      'export default { title: 3 };',
      /model: .*my-network\.ts: its default export is not a network: title: /,
    ],
    ['exports nothing', 'export const network = 1;', /its default export is not a network/],
    ['does not load', 'throw new Error("no");', /my-network\.ts: does not load: no/],
    ['imports what is not there', 'import "./none.js";', /my-network\.ts: imports .*none\.js: there is no such file/],
    ['is not there', null, /my-network\.ts: there is no such file|my-nothing\.ts: there is no such file/],
  ])('that %s is a config error with file and name', async (_, contents, saying) => {
    const folder = await copyOfExamples();
    const set = contents === null ? ['--set', `model=${join(folder, 'my-nothing.ts')}`] : [];
    if (contents !== null) await writeFile(join(folder, 'my-network.ts'), contents);
    expect(await smoothout`run ${join(folder, 'own.yaml')} --dry-run ${set}`).toBeRefused({ status: 2, saying });
  });

  test('that is wrong in a pass is no fault of smoothout itself', async () => {
    const folder = await copyOfExamples();
    const network = join(folder, 'my-network.ts');
    await writeFile(network, (await readFile(network, 'utf8')).replace('linear(8,', 'linear(9,'));
    const { status, stderr } = await smoothout`run ${join(folder, 'own.yaml')} --method own --out ${folder}`;
    expect(stderr).toContain(`${network}: its forward pass threw: classifier: expected […, 9], was given [50, 8]`);
    expect(stderr).not.toContain('a fault of smoothout');
    expect(status).toBe(2);
  });

  test('is what it imports too', async () => {
    const folder = await copyOfExamples();
    const config = join(folder, 'own.yaml');
    const out = await temporary();
    const network = join(folder, 'my-network.ts');
    await writeFile(join(folder, 'width.ts'), 'export const width = 4;\n');
    await writeFile(network, `// import './gone.js';\nimport './width.js';\n${await readFile(network, 'utf8')}`);
    const run = () => smoothout`run ${config} --method baseline --set epochs=1 --out ${out}`;
    expect(await run()).toMatchObject({ status: 0 });
    await writeFile(join(folder, 'width.ts'), 'export const width = 8;\n');
    const saying = /other settings: modules\..*my-network\.ts/;
    expect(await run()).toMatchObject({ status: 5, stderr: expect.stringMatching(saying) });
  });

  test('that is changed after its run is another run', async () => {
    const folder = await copyOfExamples();
    const config = join(folder, 'own.yaml');
    const out = await temporary();
    const run = () => smoothout`run ${config} --method baseline --set epochs=1 --out ${out}`;
    await run();
    const network = join(folder, 'my-network.ts');
    await writeFile(network, `${await readFile(network, 'utf8')}\n// changed\n`);
    expect(await run()).toMatchObject({
      status: 5,
      stderr: expect.stringMatching(/other settings: modules\..*my-network\.ts/),
    });
    const checkpoint = join(out, 'runs/own/baseline/seed-1/best.safetensors');
    expect(await smoothout`sharpness --ckpt ${checkpoint}`).toBeRefused({
      status: 2,
      saying: /my-network\.ts: has changed since/,
    });
  });
});

test('a run that was started with other settings says which', async () => {
  const out = await temporary();
  const train = (...set: string[]) =>
    smoothout`run examples/own.yaml --method baseline --set epochs=1 --out ${out} ${set}`;
  await train();
  const { status, stderr } = await train('--set', 'batchSize=60');
  expect(status).toBe(5);
  expect(stderr).toContain('this run was started with other settings: batchSize 50, now 60');
});

describe('the package that npm packs', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await temporary();
    const packed = execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    await mkdir(join(folder, 'node_modules', '.bin'), { recursive: true });
    execFileSync('tar', ['-xzf', join(folder, packed.trim()), '-C', join(folder, 'node_modules')]);
    // What npm would install beside it is the same as here.
    for (const name of await readdir(join(ROOT, 'node_modules'))) {
      if (!name.startsWith('.')) await symlink(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
    }
    execFileSync('mv', [join(folder, 'node_modules', 'package'), join(folder, 'node_modules', 'smoothout')]);
    await symlink('../smoothout/bin/smoothout.js', join(folder, 'node_modules', '.bin', 'smoothout'));
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  });

  test('runs an example in an empty folder', () => {
    const { status, stderr } = spawnSync('npx', ['smoothout', 'run', 'node_modules/smoothout/examples/own.yaml'], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(status, stderr).toBe(0);
  });

  test.skipIf(!existsSync(join(ROOT, '.git')))(
    'knows without a repository which commit it was built from',
    async () => {
      const built = (await readFile(join(ROOT, 'dist', 'commit.txt'), 'utf8')).trim();
      expect(built).toMatch(/^[0-9a-f]{12}(-dirty)?$/);
      const { stdout } = spawnSync('npx', ['smoothout', 'doctor', '--json'], { cwd: folder, encoding: 'utf8' });
      expect(JSON.parse(stdout).gitCommit).toBe(built);
    },
  );

  test('is imported by a TypeScript project, with types', async () => {
    const source = `
      import { measureCheckpoint, minimize, runConfig, type RunRecord } from 'smoothout';
      import type { Drawn, Given, MethodResult, MinimizeStatus, OwnMethodSettings, PassResult, RunEvents } from 'smoothout';
      const records: RunRecord[] = await runConfig('node_modules/smoothout/examples/own.yaml', { out: 'library', device: 'cpu' });
      const { value } = await measureCheckpoint('library/runs/own/baseline/seed-1/best.safetensors', { device: 'cpu' });
      const { x } = await minimize(async (at, gradient) => { gradient[0] = 2 * (at[0]! - 3); return (at[0]! - 3) ** 2; }, Float64Array.of(0), {});
      console.log(JSON.stringify([records.length, value >= 0, Math.round(x[0]!)]));`;
    await writeFile(join(folder, 'main.ts'), source);
    await copyFile(join(EXAMPLES, 'my-training.ts'), join(folder, 'my-training.ts'));
    const options = {
      strict: true,
      module: 'nodenext',
      target: 'es2022',
      skipLibCheck: true,
      types: ['node'],
      outDir: 'built',
      rootDir: '.',
    };
    await writeFile(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: options, files: ['main.ts', 'my-training.ts'] }),
    );
    const compiled = spawnSync(join(ROOT, 'node_modules/.bin/tsc'), ['-p', '.'], { cwd: folder, encoding: 'utf8' });
    expect(compiled.stdout).toBe('');
    const lastLineOf = (program: string) => {
      const { stdout, stderr } = spawnSync(process.execPath, [program], { cwd: folder, encoding: 'utf8' });
      return stdout.trim().split('\n').at(-1) || stderr;
    };
    expect(lastLineOf('built/main.js')).toBe('[2,true,3]');
    expect(lastLineOf('built/my-training.js')).toBe('w = 2.0, -3.0, 1.0');
  });

  test('has everything that its README links to', async () => {
    const installed = join(folder, 'node_modules', 'smoothout');
    const readme = await readFile(join(installed, 'README.md'), 'utf8');
    const links = [...readme.matchAll(/\]\(([^)#]+)/g)]
      .map(([, link]) => link!)
      .filter((link) => !link.includes('://'));
    expect(links).toContain('docs/configs.md');
    expect(links.filter((link) => !existsSync(join(installed, link)))).toEqual([]);
  });
});
