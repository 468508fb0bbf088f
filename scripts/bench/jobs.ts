/**
 * What `--jobs auto` is worth: images per second of all runs together, beside the same runs one after another, in turn.
 *
 *     npm run build && npx tsx scripts/bench/jobs.ts [--rounds 3] [--runs 4] [--only quickstart,f1,c1]
 *
 * F1 and C1 take the real data that SMOOTHOUT_DATA has. The time is from the start of the first run to the end of the
 * last one, validation and checkpoints included, and without what `auto` takes to measure.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { RunRecord } from '../../src/records/run-record.js';
import { median } from './alternate.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    runs: { type: 'string', default: '4' },
    only: { type: 'string', default: 'quickstart,f1,c1' },
  },
});

/** A minute or so of each, on two cores. */
const SWEEPS: Readonly<Record<string, readonly string[]>> = {
  quickstart: ['configs/quickstart.yaml', '--set', 'epochs=20'],
  f1: ['configs/f1-sb.yaml', '--set', 'epochs=3'],
  c1: ['configs/c1-sb.yaml', '--set', 'epochs=1', '--set', 'trainLimit=10000', '--set', 'validationLimit=1000'],
};

console.log('| network | one after another | `--jobs auto` | ratio | split |\n|---|---:|---:|---:|---|');
for (const name of values.only.split(',')) {
  const found: Record<'one' | 'auto', number[]> = { one: [], auto: [] };
  let split = '';
  for (let round = 0; round < Number(values.rounds); round++) {
    found.one.push(sweep(name, '1').imagesPerSecond);
    const auto = sweep(name, 'auto');
    found.auto.push(auto.imagesPerSecond);
    split = /^--jobs auto: ([^;\n]+);/m.exec(auto.said)?.[1] ?? '';
  }
  const [one, auto] = [median(found.one), median(found.auto)];
  console.log(`| ${name} | ${one.toFixed(0)} | ${auto.toFixed(0)} | ${(auto / one).toFixed(2)} | ${split} |`);
}

function sweep(name: string, jobs: string): { readonly imagesPerSecond: number; readonly said: string } {
  const config = SWEEPS[name];
  if (config === undefined) throw new Error(`--only ${name}: expected ${Object.keys(SWEEPS).join(', ')}`);
  const out = mkdtempSync(join(tmpdir(), 'smoothout-bench-'));
  const options = ['--method', 'baseline', '--seed', `1-${values.runs}`, '--device', 'cpu', '--json', '--out', out];
  const command = ['bin/smoothout.js', 'run', ...config, ...options, '--jobs', jobs];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8', maxBuffer: 2 ** 26 });
  rmSync(out, { recursive: true });
  if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}:\n${stderr}`);
  const events: { readonly event: string }[] = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const records = events.filter(({ event }) => event === 'run') as unknown as RunRecord[];
  const images = records.reduce((sum, { data, epochsDone }) => sum + data.trainImages * epochsDone, 0);
  const begun = Math.min(...records.map(({ startedAt }) => Date.parse(startedAt)));
  const done = Math.max(...records.map(({ finishedAt }) => Date.parse(finishedAt ?? '')));
  return { imagesPerSecond: (1000 * images) / (done - begun), said: stderr };
}
