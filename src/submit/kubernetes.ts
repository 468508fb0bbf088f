/** A sweep as an Indexed Job of Kubernetes: a ConfigMap with a config for each run, and a pod for each. */
import { posix } from 'node:path';
import { stringify } from 'yaml';
import { runConfigText } from '../config/resolve.js';
import type { RunSpec } from '../config/schema.js';
import { EXIT, SmoothOutError } from '../support/errors.js';
import { submissionName } from './submission-name.js';

export interface KubernetesOptions {
  /** Has `smoothout` on its PATH. */
  readonly image: string;
  /** The PersistentVolumeClaim that results go to: one that several pods may write at a time. */
  readonly claim: string;
  readonly cpu: number;
  readonly memory: string;
  readonly gpu?: number;
  /** How many pods at a time; all of them where left out. */
  readonly parallelism?: number;
  /** The folder of results in the container. */
  readonly out: string;
  /** Options of `run` that say how it computes. */
  readonly computing: readonly string[];
}

/** The container's working folder: what is mounted, and relative paths of options, are below. */
const FOLDER = '/smoothout';

/** Kubernetes accepts 1 MiB. */
const MOST_BYTES = 1_000_000;

/** How often a pod may fail for reasons that another try may not meet, such as a node's. */
const RETRIES = 3;

/** @throws SmoothOutError USAGE where the runs are more than a ConfigMap holds. */
export function kubernetesYaml(runs: readonly RunSpec[], options: KubernetesOptions): string {
  const name = submissionName(runs);
  const configs = Object.fromEntries(runs.map((spec, i) => [`${i}.yaml`, runConfigText(spec)]));
  if (Buffer.byteLength(JSON.stringify(configs)) > MOST_BYTES) {
    throw new SmoothOutError('USAGE', `${runs.length} runs are more than fit one ConfigMap`, {
      hint: 'Submit them in parts, by --seed or --method.',
    });
  }
  const plan = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: configs };
  const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name }, spec: jobSpec(name, runs.length, options) };
  return [plan, job].map((document) => stringify(document, { lineWidth: 0 })).join('---\n');
}

function jobSpec(name: string, completions: number, options: KubernetesOptions) {
  const { image, claim, cpu, memory, gpu, parallelism = completions, out, computing } = options;
  const given = { cpu: `${cpu}`, memory, ...(gpu !== undefined && { 'nvidia.com/gpu': `${gpu}` }) };
  return {
    completionMode: 'Indexed',
    completions,
    parallelism,
    backoffLimitPerIndex: RETRIES,
    podFailurePolicy: {
      rules: [
        // Interrupted and saved: another pod goes on, however often.
        { action: 'Ignore', onExitCodes: { operator: 'In', values: [EXIT.interrupted] } },
        { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
        // What is wrong with a config, data or a checkpoint stays wrong; the other runs go on.
        { action: 'FailIndex', onExitCodes: { operator: 'In', values: [EXIT.usage, EXIT.data, EXIT.checkpoint] } },
      ],
    },
    template: {
      spec: {
        restartPolicy: 'Never',
        terminationGracePeriodSeconds: 120,
        containers: [
          {
            name: 'smoothout',
            image,
            workingDir: FOLDER,
            command: ['smoothout', 'run', 'plan/$(JOB_COMPLETION_INDEX).yaml', ...computing],
            resources: { requests: given, limits: given },
            volumeMounts: [
              { name: 'plan', mountPath: `${FOLDER}/plan`, readOnly: true },
              { name: 'results', mountPath: posix.resolve(FOLDER, out) },
            ],
          },
        ],
        volumes: [
          { name: 'plan', configMap: { name } },
          { name: 'results', persistentVolumeClaim: { claimName: claim } },
        ],
      },
    },
  };
}
