/**
 * Chooses what of the runs goes home: `node pack.mjs RESULTS MEBIBYTES` prints one path below RESULTS a line. Records and
 * metrics of all runs; then what is needed to go on with those that are not finished, and the best weights of the others,
 * while they fit. What does not is named on stderr and comes first the next time (RESULTS/.brought says what was).
 */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const [results, most] = process.argv.slice(2);
let room = Number(most) * 2 ** 20;
const brought = join(results, '.brought');
const earlier = new Set(existsSync(brought) ? readFileSync(brought, 'utf8').split('\n') : []);
const list = (folder) => (existsSync(folder) ? readdirSync(folder) : []);
const runs = list(join(results, 'runs')).flatMap((experiment) =>
  list(join(results, 'runs', experiment)).flatMap((method) =>
    list(join(results, 'runs', experiment, method)).map((seed) => join(results, 'runs', experiment, method, seed)),
  ),
);
const SMALL = ['config.yaml', 'run.json', 'metrics.jsonl'];
const chosen = [];
for (const run of runs) {
  for (const name of SMALL) if (existsSync(join(run, name))) chosen.push(join(run, name));
}
// Float32 numbers hardly compress.
const size = (path) => 0.94 * statSync(path).size;
const wanted = runs.map((run) => {
  const finished =
    existsSync(join(run, 'run.json')) && JSON.parse(readFileSync(join(run, 'run.json'), 'utf8')).status === 'completed';
  const files = (finished ? ['best.safetensors'] : ['last.safetensors', 'best.safetensors'])
    .map((name) => join(run, name))
    .filter(existsSync);
  const key = files.map((path) => `${relative(results, path)} ${statSync(path).mtimeMs}`).join(' ');
  return { run, files, key, bytes: files.reduce((sum, path) => sum + size(path), 0) };
});
const done = [];
for (const { run, files, key, bytes } of wanted.filter(({ files }) => files.length > 0)) {
  if (earlier.has(key)) continue;
  if (bytes > room) {
    console.error(
      `left behind, for another \`pack\`: the checkpoints of ${relative(results, run)} (${(bytes / 2 ** 20).toFixed(1)} MiB)`,
    );
    continue;
  }
  room -= bytes;
  chosen.push(...files);
  done.push(key);
}
writeFileSync(brought, [...earlier, ...done].join('\n'));
for (const path of chosen) console.log(relative(results, path));
