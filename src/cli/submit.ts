/** `smoothout submit`: hands runs to a cluster. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { SmoothOutError } from '../support/errors.js';
import { addTrainingOptions, collect, type TrainingOptions } from './options.js';
import { log, print } from './output.js';
import { planRuns } from './plan-runs.js';

interface SlurmOptions extends TrainingOptions {
  readonly time: string;
  readonly sbatch: string[];
  readonly print?: boolean;
}

const SLURM_EXAMPLES = `
Examples:
  smoothout submit slurm configs/c1-lb.yaml --seed 1-5 --time 2:00:00
  smoothout submit slurm configs/*.yaml --seed 1-5 --sbatch '--partition=gpu --gres=gpu:1 --cpus-per-task=8'
  smoothout submit slurm configs/f1-lb.yaml --print

A run that its task's time is too short for saves, and its task queues again until the run is done. The same command again
submits what is left. Results go to a folder that all nodes share; smoothout status shows how far they are.`;

export function registerSubmit(program: Command): void {
  const submit = program.command('submit').description('hand runs to a cluster');
  const slurm = submit
    .command('slurm')
    .description('runs as a Slurm array, a task for each')
    .argument('<config.yaml...>', 'configs to run');
  addTrainingOptions(slurm)
    .option('--time <limit>', 'of a task, as sbatch takes it', '4:00:00')
    .option('--sbatch <options>', 'more options of sbatch (repeatable)', collect, [])
    .option('--print', 'write and print the batch script, and submit nothing')
    .addHelpText('after', SLURM_EXAMPLES)
    .action(submitSlurm);
}

async function submitSlurm(files: readonly string[], options: SlurmOptions): Promise<void> {
  const { writeSlurmJob } = await import('../submit/slurm.js');
  const runs = await leftOf(files, options);
  if (runs.length === 0) return;
  const program = [process.execPath, process.argv[1]!];
  const script = await writeSlurmJob(runs, { ...options, program, computing: computingWords(options) });
  if (options.print) {
    print((await readFile(script, 'utf8')).trimEnd());
    log(`not submitted (--print); sbatch ${script} does it`);
  } else {
    print(await sbatch(script));
  }
}

/** What is not finished of the runs that the configs and options ask for. */
async function leftOf(files: readonly string[], options: TrainingOptions) {
  if (options.force) {
    throw new SmoothOutError('USAGE', 'submit has no --force: a task that queues again would start over each time', {
      hint: 'Remove the folders of the runs, or choose another --out.',
    });
  }
  const { unfinishedRuns } = await import('../submit/unfinished.js');
  const runs = await planRuns(files, options);
  const left = await unfinishedRuns(runs, options.out);
  log(`${runs.length} ${runs.length === 1 ? 'run' : 'runs'}, ${runs.length - left.length} finished before`);
  return left;
}

/** Options that say how a run computes, as the task's own command is given them. */
function computingWords({ data, engine, device, threads, out }: TrainingOptions): string[] {
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
