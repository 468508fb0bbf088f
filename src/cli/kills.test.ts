/** Commands other than `run` that are killed (SIGKILL) at random moments: the same command then ends as if nothing had been. */
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { decodeSafetensors } from '../support/safetensors.js';
import { isSoak } from '../testing/soak.js';
import { canMirror, mirrorMnist } from './testing/mirror.js';
import { smallConfig, smallMnist } from './testing/small-mnist.js';
import { smoothout, words } from './testing/smoothout.js';
import { trainRuns } from './testing/trained-runs.js';

const KILLS = isSoak ? 12 : 1;

/** Every file below a folder, without what depends on the clock and on the folder's own path. */
async function contentsOf(folder: string): Promise<Record<string, string | undefined>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const contents = paths.map(async (path) => {
    const bytes = await readFile(path);
    const isCheckpoint = path.endsWith('.safetensors');
    const text = isCheckpoint ? decodeSafetensors(bytes, path).metadata.sha256 : bytes.toString('latin1');
    return [path.slice(folder.length), text?.replaceAll(folder, '').replace(CLOCKED, '')];
  });
  return Object.fromEntries(await Promise.all(contents));
}

const CLOCKED = /"(seconds|imagesPerSecond|startedAt|finishedAt)": ?("[^"]*"|[\d.e+-]+)/g;

interface Killed {
  /** Of a command that works in a folder, and leaves nothing elsewhere. */
  readonly args: (folder: string) => string[];
  /** What is in the folder before. */
  readonly given?: string;
  readonly env?: Readonly<Record<string, string>>;
}

async function killed({ args, given, env = {} }: Killed): Promise<void> {
  const begin = (folder: string) => smoothout.with({ env })`${args(folder)}`;
  const place = async () => {
    const folder = await mkdtemp(join(tmpdir(), 'smoothout-killed-'));
    if (given !== undefined) await cp(given, folder, { recursive: true });
    return folder;
  };
  const whole = await place();
  const startedAt = performance.now();
  expect(await begin(whole)).toMatchObject({ status: 0 });
  const took = performance.now() - startedAt;
  const expected = await contentsOf(whole);
  for (let kill = 0; kill < KILLS; kill++) {
    const folder = await place();
    const running = begin(folder);
    const after = took * Math.random();
    await sleep(after);
    running.kill('SIGKILL');
    await running;
    const where = `killed after ${after} of ${took} ms`;
    expect(await begin(folder), where).toMatchObject({ status: 0 });
    expect(await contentsOf(folder), where).toEqual(expected);
    await rm(folder, { recursive: true });
  }
}

test('data generate', { timeout: 3_600_000 }, () =>
  killed({ args: (folder) => words`data generate mnist --data ${folder}` }),
);

test.skipIf(!canMirror)('data fetch', { timeout: 3_600_000 }, async () => {
  const { url, env } = await mirrorMnist();
  await killed({ env, args: (folder) => words`data fetch mnist --data ${folder} --mirror ${url}` });
});

test('tune', { timeout: 3_600_000 }, async () => {
  const data = await smallMnist();
  const config = await smallConfig({ epochs: 8, batchSize: 20 });
  const tuning = words`--grid noise.a=0.01,0.02 --no-bracket --holdout 50 --data ${data}`;
  await killed({
    given: join(config, '..'),
    args: (folder) => words`tune ${join(folder, 'small.yaml')} ${tuning} --out ${join(folder, 'results')}`,
  });
});

test('sharpness, and report', { timeout: 3_600_000 }, async () => {
  const { data, results } = await trainRuns();
  const best = (folder: string) => join(folder, 'runs/tiny/smoothout/seed-1/best.safetensors');
  const measuring = words`--repeats 3 --data ${data}`;
  await killed({ given: results, args: (folder) => words`sharpness --ckpt ${best(folder)} ${measuring}` });
  await killed({ given: results, args: (folder) => words`report --runs ${folder}` });
});
