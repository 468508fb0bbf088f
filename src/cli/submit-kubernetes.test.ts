/** The Indexed Job: by the official schemas, and by running its command line as a pod would. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { readRunRecord } from '../records/run-record.js';
import { findPython } from '../testing/python.js';
import './testing/expectations.js';
import { smallConfig, smallMnist } from './testing/small-mnist.js';
import { EXECUTABLE, smoothout, words } from './testing/smoothout.js';

const REQUIRED = words`--image registry.example/smoothout:1 --claim results`;

/** What the command prints, as Kubernetes reads it. */
async function printed(config: string, ...more: readonly string[]) {
  const { status, stdout } = await smoothout`submit kubernetes ${config} ${REQUIRED} ${more}`;
  expect(status).toBe(0);
  const [plan, job] = parseAllDocuments(stdout).map((document) => document.toJS());
  return { yaml: stdout, plan, job, container: job.spec.template.spec.containers[0] };
}

test('75 goes on, 2, 4 and 5 give that run up, and the volume is where results go', async () => {
  const { plan, job, container } = await printed(await smallConfig({ seeds: [1, 2, 3] }), '--cpu', '4', '--gpu', '1');
  expect(Object.keys(plan.data)).toHaveLength(6);
  expect(job.spec).toMatchObject({ completionMode: 'Indexed', completions: 6, parallelism: 6 });
  const actionOn = (status: number) =>
    job.spec.podFailurePolicy.rules.find((rule: { onExitCodes?: { values: number[] } }) =>
      rule.onExitCodes?.values.includes(status),
    )?.action;
  expect([75, 2, 4, 5, 1].map(actionOn)).toEqual(['Ignore', 'FailIndex', 'FailIndex', 'FailIndex', undefined]);
  expect(container.resources.limits).toEqual({ cpu: '4', memory: '4Gi', 'nvidia.com/gpu': '1' });
  expect(container.command.join(' ')).toContain(' --out results --threads 4');
  expect(container.volumeMounts[1]).toEqual({ name: 'results', mountPath: '/smoothout/results' });
});

test('more runs than a ConfigMap holds are refused', async () => {
  const config = await smallConfig();
  const refused = await smoothout`submit kubernetes ${config} ${REQUIRED} --method baseline --seed 1-1600`;
  expect(refused).toBeRefused({ status: 2, saying: '1600 runs are more than fit one ConfigMap' });
});

/** Every document of a YAML file is valid, and would not be with a key misspelt or left out. */
const VALIDATE = `
import sys, copy, yaml, kubernetes_validate
for version in sys.argv[2:]:
    for document in yaml.safe_load_all(open(sys.argv[1])):
        kubernetes_validate.validate(document, version, strict=True)
        if document['kind'] == 'Job':
            misspelt, lacking = copy.deepcopy(document), copy.deepcopy(document)
            misspelt['spec']['podFailurePolicy']['rule'] = []
            del lacking['spec']['template']['spec']['containers'][0]['name']
            for wrong in misspelt, lacking:
                try:
                    kubernetes_validate.validate(wrong, version, strict=True)
                except kubernetes_validate.ValidationError:
                    continue
                sys.exit('accepted what is wrong')
        print(document['kind'], version)
`;

const python = findPython('kubernetes_validate');
test.skipIf(!python)('is valid by the schemas of Kubernetes 1.29 to 1.33, unknown keys refused', async () => {
  const { yaml } = await printed(await smallConfig(), '--parallelism', '2', '--gpu', '1');
  const path = join(await mkdtemp(join(tmpdir(), 'smoothout-kubernetes-')), 'job.yaml');
  await writeFile(path, yaml);
  const said = execFileSync(python!, ['-c', VALIDATE, path, '1.29', '1.33'], { encoding: 'utf8' });
  expect(said).toBe('ConfigMap 1.29\nJob 1.29\nConfigMap 1.33\nJob 1.33\n');
});

test('its command line, with the index that a pod has, trains that run', async () => {
  const data = await smallMnist();
  const config = await smallConfig({ epochs: 1 });
  const { plan, container } = await printed(config, '--data', data, '--device', 'cpu', '--cpu', '1');
  const folder = join(dirname(config), 'container');
  await mkdir(join(folder, 'plan'), { recursive: true });
  for (const [name, text] of Object.entries<string>(plan.data)) await writeFile(join(folder, 'plan', name), text);
  const bin = join(folder, 'bin');
  await mkdir(bin);
  await symlink(EXECUTABLE, join(bin, 'smoothout'));
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, JOB_COMPLETION_INDEX: '1' };
  const [program, ...args] = container.command.map((word: string) =>
    word.replace(/\$\((\w+)\)/g, (_, name: keyof typeof env) => env[name]!),
  );
  const { status, stderr } = spawnSync(program, args, { cwd: folder, env, encoding: 'utf8' });
  expect({ status, stderr }).toMatchObject({
    status: 0,
    stderr: expect.stringContaining('small smoothout seed 1: epoch 1/1'),
  });
  const record = await readRunRecord(join(folder, 'results/runs/small/smoothout/seed-1/run.json'));
  expect(record).toMatchObject({ status: 'completed', environments: [{ threads: 1 }] });
});
