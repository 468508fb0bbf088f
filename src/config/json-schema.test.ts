import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { configSchemaText } from './json-schema.js';
import { loadConfigs } from './load.js';
import { resolveRuns, runConfigText } from './resolve.js';

const SCHEMA = 'schemas/config.json';
const validate = new Ajv({ strictTypes: true, allowUnionTypes: true }).compile(
  JSON.parse(readFileSync(SCHEMA, 'utf8')),
);
const problems = (value: unknown) =>
  validate(value) ? [] : (validate.errors ?? []).map(({ instancePath }) => instancePath);

const shipped = ['configs', 'configs/beyond', 'examples'].flatMap((folder) =>
  readdirSync(folder).flatMap((name) => (name.endsWith('.yaml') ? [join(folder, name)] : [])),
);

test('the committed schema is that of the code', () => {
  expect(readFileSync(SCHEMA, 'utf8'), 'npm run build:schema writes it').toBe(configSchemaText());
});

test.each(shipped)('%s is valid, and names the schema', (path) => {
  const text = readFileSync(path, 'utf8');
  expect(problems(parse(text))).toEqual([]);
  const [, named] = /^# yaml-language-server: \$schema=(.*)\n/.exec(text) ?? [];
  expect(named && resolve(dirname(path), named)).toBe(resolve(SCHEMA));
});

test('what a run folder has is valid too', async () => {
  const [config] = await loadConfigs('configs/f1-lb.yaml');
  for (const run of resolveRuns(config!)) expect(problems(parse(runConfigText(run)))).toEqual([]);
});

test.each([
  [{ experiment: 'a', epoch: 3 }, ''],
  [{ model: 'f2' }, '/model'],
  [{ methods: [{ name: 'smoothout', noise: { b: 1 } }] }, '/methods/0/noise'],
  [{ methods: [{ name: 'sam', rho: 'best' }] }, '/methods/0/rho'],
  [{ variants: [{ batchSize: 64 }] }, '/variants/0'],
  [{ variants: [{ experiment: 'a', extends: 'b.yaml' }] }, '/variants/0'],
  [{ seeds: 'one' }, '/seeds'],
])('%j is refused', (config, place) => {
  expect(problems(config)).toContain(place);
});
