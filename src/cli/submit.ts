/** `smoothout submit`: hands runs to a cluster. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { planRuns } from '../config/resolve.js';
import { unfinishedRuns } from '../records/earlier-run.js';
import type { KubernetesOptions as PodOptions } from '../submit/kubernetes.js';
import { at } from '../support/at.js';
import { SmoothOutError } from '../support/errors.js';
import { counted } from '../support/words.js';
import { addSweepOptions, collect, planOf, type SweepOptions, wholeNumber } from './options.js';
import { log, print } from './output.js';

interface SlurmOptions extends SweepOptions {
  readonly time: string;
  readonly sbatch: string[];
  readonly print?: boolean;
}

type KubernetesOptions = SweepOptions & Omit<PodOptions, 'computing'>;

const SLURM_EXAMPLES = `
Examples:
  smoothout submit slurm configs/c1-lb.yaml --seed 1-5 --time 2:00:00
  smoothout submit slurm configs/*.yaml --seed 1-5 --sbatch '--partition=gpu --gres=gpu:1 --cpus-per-task=8'
  smoothout submit slurm configs/f1-lb.yaml --print

A run that its task's time is too short for saves, and its task queues again until the run is done. The same command again
submits what is left. Results go to a folder that all nodes share; smoothout status shows how far they are.`;

const KUBERNETES_EXAMPLES = `
Examples:
  smoothout submit kubernetes configs/c1-lb.yaml --seed 1-5 --image registry.example/smoothout --claim results \\
    | kubectl apply --filename -
  smoothout submit kubernetes configs/f1-*.yaml --image smoothout --claim results --cpu 4 --parallelism 8

A pod for each run. One that is stopped saves, and the next goes on; docs/many-runs.md has an image.`;

export function registerSubmit(program: Command): void {
  const submit = program.command('submit').description('hand runs to a cluster');
  const slurm = submit
    .command('slurm')
    .description('runs as a Slurm array, a task for each')
    .argument('<config.yaml...>', 'configs to run');
  addSweepOptions(slurm)
    .option('--time <limit>', 'of a task, as sbatch takes it', '4:00:00')
    .option('--sbatch <options>', 'more options of sbatch (repeatable)', collect, [])
    .option('--print', 'write and print the batch script, and submit nothing')
    .addHelpText('after', SLURM_EXAMPLES)
    .action(submitSlurm);

  const kubernetes = submit
    .command('kubernetes')
    .description('print runs as an Indexed Job of Kubernetes')
    .argument('<config.yaml...>', 'configs to run')
    .requiredOption('--image <name>', 'with smoothout on its PATH')
    .requiredOption('--claim <name>', 'the PersistentVolumeClaim that results go to');
  addSweepOptions(kubernetes)
    .addOption(wholeNumber('--cpu <n>', 'of each pod', 1).default(2))
    .option('--memory <quantity>', 'of each pod', '4Gi')
    .addOption(wholeNumber('--gpu <n>', 'of each pod', 1))
    .addOption(wholeNumber('--parallelism <n>', 'pods at a time (default: all)', 1))
    .addHelpText('after', KUBERNETES_EXAMPLES)
    .action(submitKubernetes);
}

async function submitSlurm(files: readonly string[], options: SlurmOptions): Promise<void> {
  const { writeSlurmJob } = await import('../submit/slurm.js');
  const all = await planRuns(files, planOf(options));
  const runs = await unfinishedRuns(all, options.out);
  log(`${counted(all.length, 'run')}, ${all.length - runs.length} finished before`);
  if (runs.length === 0) return;
  const program = [process.execPath, at(process.argv, 1)];
  const script = await writeSlurmJob(runs, { ...options, program, computing: computingWords(options) });
  if (options.print) {
    print((await readFile(script, 'utf8')).trimEnd());
    log(`not submitted (--print); sbatch ${script} does it`);
  } else {
    print(await sbatch(script));
  }
}

async function submitKubernetes(files: readonly string[], options: KubernetesOptions): Promise<void> {
  const { kubernetesYaml } = await import('../submit/kubernetes.js');
  const runs = await planRuns(files, planOf(options));
  const computing = computingWords({ ...options, threads: options.threads ?? options.cpu });
  print(kubernetesYaml(runs, { ...options, computing }).trimEnd());
  const needed = new Set(runs.flatMap(({ modules = {}, init }) => [...Object.keys(modules), ...(init ? [init] : [])]));
  for (const path of needed) log(`the image must have ${path}, as it is here`);
}

/** Options that say how a run computes, as the task's own command is given them. */
function computingWords({ data, engine, device, threads, out }: SweepOptions): string[] {
  return [
    ...['--engine', engine, '--device', device, '--out', out],
    ...(data === undefined ? [] : ['--data', data]),
    ...(threads === undefined ? [] : ['--threads', `${threads}`]),
  ];
}

/** What sbatch says of the job that it has queued. @throws SmoothOutError USAGE, RUN_FAILED */
async function sbatch(script: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('sbatch', [script]);
    return stdout.trimEnd();
  } catch (error) {
    const { code, stderr } = error as { code?: string | number; stderr?: string };
    if (code === 'ENOENT') {
      throw new SmoothOutError('USAGE', 'there is no sbatch here: submit where Slurm is installed', {
        hint: `${script} is written: sbatch of it, on a machine that shares this folder, does it.`,
      });
    }
    throw new SmoothOutError('RUN_FAILED', `sbatch ${script}: ${stderr?.trimEnd() || code}`, { cause: error });
  }
}
