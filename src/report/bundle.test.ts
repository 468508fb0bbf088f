import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { unzipSync } from 'fflate';
import { beforeAll, expect, test } from 'vitest';
import { smoothout } from '../cli/testing/smoothout.js';
import { curveCsv } from '../records/curve-record.js';
import { findPython } from '../testing/python.js';
import { writeReport } from './report.js';
import { f1Runs, resultsFolder, writeRun, writeRuns } from './testing/fixture-runs.js';

let results: string;
let bundle: string;

/** Results with every kind of run and file, with a checkpoint and a lock that are none of a bundle's business. */
beforeAll(async () => {
  results = await mkdtemp(join(tmpdir(), 'smoothout-bundle-'));
  await writeRuns(results, f1Runs(2));
  const error = { code: 'DIVERGED', message: 'epoch 2: trainLoss is NaN' };
  const folder = await writeRun(results, { experiment: 'f1-lb', seed: 3, record: { status: 'diverged', error } });
  await writeFile(join(folder, 'best.safetensors'), 'weights');
  await writeFile(join(folder, 'run.lock.json'), '{}');
  await writeFile(join(folder, 'last-curvature.json'), '{}');
  await writeRun(results, { experiment: 'f1-lb', seed: 4, record: { status: 'running', finishedAt: null } });
  await writeFile(join(await writeRun(results, { experiment: 'damaged' }), 'run.json'), '{');
  await mkdir(join(results, 'figures'));
  const checkpoint = 'runs/f1-lb/baseline/seed-1/best.safetensors';
  const points = [0, 0.01].map((a) => ({ a, split: 'test', loss: 0.1 + a, accuracy: 98, draws: 100, checkpoint }));
  await writeFile(join(results, 'figures/noise.csv'), curveCsv('sensitivity', points));
  bundle = join(results, 'evidence.zip');
  await writeReport({ runs: results, out: null, compare: null, bundle });
});

test('a stranger unpacks it, runs one command, and has every file again, byte for byte', async () => {
  const files = Object.entries(unzipSync(await readFile(bundle)));
  const elsewhere = await resultsFolder();
  const [inputs, outputs] = [/^runs\/|^figures\/noise.csv|^ro-crate/, /^(?!runs|ro-crate).*\.(csv|svg|html)$/];
  for (const [path, bytes] of files.filter(([path]) => inputs.test(path))) {
    await mkdir(dirname(join(elsewhere, path)), { recursive: true });
    await writeFile(join(elsewhere, path), bytes);
  }
  expect(await readdir(elsewhere)).not.toContain('table1.csv');
  expect(await smoothout`report --runs ${elsewhere}`).toMatchObject({ status: 0 });
  const made = files.filter(([path]) => outputs.test(path));
  expect(made.map(([path]) => path)).toEqual(
    expect.arrayContaining(['table1.csv', 'table2.csv', 'table3.csv', 'claims.csv', 'report.html']),
  );
  for (const [path, bytes] of made) expect(await readFile(join(elsewhere, path)), path).toEqual(Buffer.from(bytes));
});

test('it has settings, records, metrics and curves, no checkpoint, and the same bytes in every time zone', async () => {
  const names = Object.keys(unzipSync(await readFile(bundle)));
  expect(names[0]).toBe('ro-crate-metadata.json');
  expect(names).toEqual(expect.arrayContaining(['figures/noise.csv', 'figures/curves-noise.svg', 'unfinished.csv']));
  expect(names.filter((name) => name.startsWith('runs/f1-lb/baseline/seed-1/')).map((name) => name.slice(27))).toEqual([
    'config.yaml',
    'metrics.jsonl',
    'run.json',
    'sharpness.json',
  ]);
  expect(names.filter((name) => /safetensors|lock/.test(name))).toEqual([]);
  const again = join(results, 'again.zip');
  await smoothout.with({ env: { TZ: 'Pacific/Auckland' } })`report --runs ${results} --bundle ${again}`;
  expect(await readFile(again)).toEqual(await readFile(bundle));
});

test('what was measured of a run is among its results', async () => {
  const metadata = unzipSync(await readFile(bundle))['ro-crate-metadata.json']!;
  const graph = JSON.parse(Buffer.from(metadata).toString())['@graph'] as Record<string, unknown>[];
  const folder = 'runs/f1-lb/baseline/seed-3/';
  const { result } = graph.find((one) => one['@type'] === 'CreateAction' && one['@id'] === '#f1-lb/baseline/seed-3')!;
  const names = ['last-curvature.json', 'metrics.jsonl', 'run.json'];
  expect(result).toEqual(names.map((name) => ({ '@id': `${folder}${name}` })));
});

test('without a readable run there is nothing to bundle, and a comparison cannot be made from a bundle', async () => {
  const empty = await resultsFolder();
  await writeFile(join(await writeRun(empty, { experiment: 'f1-lb' }), 'run.json'), '');
  const none = join(empty, 'evidence.zip');
  expect(await smoothout`report --runs ${empty} --bundle ${none}`).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('there is no readable run to put into it'),
  });
  expect((await smoothout`report --runs ${results} --compare ${results} --bundle ${none}`).status).toBe(2);
  expect(await readdir(empty)).not.toContain('evidence.zip');
});

/** The validator fetches RO-Crate's vocabulary: here it gets the copy that ro-crate-py comes with. */
const VALIDATE = `
import os, sys, rocrate
from rocrate_validator import models, services
from rocrate_validator.utils import document_loader, http
import json
text = open(os.path.join(os.path.dirname(rocrate.__file__), 'data', 'ro-crate.jsonld')).read()
assert json.loads(text)['@id'] == 'https://w3id.org/ro/crate/1.1/context', 'expected rocrate 0.13, which has version 1.1'
isContext = lambda url: str(url).startswith('https://w3id.org/ro/crate/1.1/context')
class Response:
    status_code, ok, text, content, headers = 200, True, text, text.encode(), {'Content-Type': 'application/ld+json'}
    json = staticmethod(lambda: json.loads(text))
    raise_for_status = staticmethod(lambda: None)
    def __init__(self, url): self.url = url
load = document_loader._original_source_to_json
document_loader._original_source_to_json = lambda source, *rest, **options: (
    (json.loads(text), None) if isContext(source) else load(source, *rest, **options))
for name in ('get', 'head'):
    setattr(http.HttpRequester, name, lambda self, url, *rest, **options: Response(url))
for profile in sys.argv[2:]:
    settings = services.ValidationSettings(
        rocrate_uri=sys.argv[1], profile_identifier=profile, requirement_severity=models.Severity.REQUIRED)
    for issue in services.validate(settings).get_issues(): print(profile, issue.check.identifier, issue.message)
`;

test('an independent validator accepts it as an RO-Crate with a process run for each training', async () => {
  const python = findPython('rocrate_validator', 'rocrate');
  if (python === undefined) return;
  const issues = (path: string, ...profiles: string[]) =>
    execFileSync(python, ['-c', VALIDATE, path, ...profiles], { encoding: 'utf8' });
  expect(issues(bundle, 'ro-crate-1.1', 'process-run-crate')).toBe('');

  const broken = await resultsFolder();
  const metadata = Buffer.from(unzipSync(await readFile(bundle))['ro-crate-metadata.json']!).toString();
  await writeFile(join(broken, 'ro-crate-metadata.json'), metadata.replace('"datePublished"', '"published"'));
  expect(issues(broken, 'ro-crate-1.1')).toContain('datePublished');
});
