/**
 * A sweep as a Slurm array: a plan of one line a run, and a batch script whose tasks each take a line. And what the queue
 * says of those tasks.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { runConfigText } from '../config/resolve.js';
import type { RunSpec } from '../config/schema.js';
import { runPaths } from '../records/run-folder.js';
import { at } from '../support/at.js';
import { makeFolder, writeFileAtomic } from '../support/files.js';
import { groupBy } from '../support/statistics.js';
import { submissionName } from './submission-name.js';

interface SlurmOptions {
  /** The folder of results. */
  readonly out: string;
  /** Of a task, as `sbatch --time` takes it. */
  readonly time: string;
  /** More options of sbatch, which win over those of the script. */
  readonly sbatch: readonly string[];
  /** The words that start smoothout. */
  readonly program: readonly string[];
  /** Options of `run` that say how it computes. */
  readonly computing: readonly string[];
}

const submissionFolder = (results: string, name: string) => join(results, 'submit', name);
const planIn = (folder: string) => join(folder, 'plan.txt');

/**
 * Writes each run's config into its folder, where `smoothout status` finds it waiting, and `plan.txt` and `job.sh` into
 * `<out>/submit/<name>`. A config that another command has announced there, of a run that never began, is replaced.
 *
 * @param runs none of them finished
 * @returns the path of the batch script
 * @throws SmoothOutError NO_SPACE, OUTPUT_UNWRITABLE
 */
export async function writeSlurmJob(runs: readonly RunSpec[], options: SlurmOptions): Promise<string> {
  const name = submissionName(runs);
  const folder = submissionFolder(options.out, name);
  await makeFolder(folder);
  const configs = runs.map((spec) => runPaths(options.out, spec).config);
  for (const [i, spec] of runs.entries()) {
    await makeFolder(runPaths(options.out, spec).folder);
    await writeFileAtomic(at(configs, i), runConfigText(spec));
  }
  await writeFileAtomic(planIn(folder), configs.map((config) => `${config}\n`).join(''));
  const script = join(folder, 'job.sh');
  await writeFileAtomic(script, batchScript(name, folder, runs.length, options));
  return script;
}

/** Time that a run has, once told, to finish the step it is at and to save. Slurm looks at its clock twice a minute. */
const WARNING_SECONDS = 120;

function batchScript(name: string, folder: string, tasks: number, { time, sbatch, program, computing }: SlurmOptions) {
  const options = [
    `--job-name=${name}`,
    `--array=1-${tasks}`,
    `--output=${quoted(resolve(folder, 'task-%a.log'))}`,
    '--open-mode=append',
    '--requeue',
    `--time=${time}`,
    `--signal=B:TERM@${WARNING_SECONDS}`,
    ...sbatch,
  ];
  return `#!/bin/bash
# A task for each line of plan.txt beside this file. A run that is not finished in its time saves, and its task queues again.
${options.map((option) => `#SBATCH ${option}`).join('\n')}

cd ${quoted(process.cwd())} || exit 2
task=\${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
config=$(sed -n "\${SLURM_ARRAY_TASK_ID}p" ${quoted(planIn(folder))})

${words(program)} run \${SLURM_CPUS_PER_TASK:+--threads "$SLURM_CPUS_PER_TASK"} ${words(computing)} "$config" &
run=$!
# Slurm warns of the end of the time this script alone; what scancel stops, it signals itself, and that stays stopped.
is_stopped() { [ "$(squeue --noheader --format=%T --job="$task")" = COMPLETING ]; }
trap 'is_stopped || kill -TERM "$run"' TERM
# A signal ends the wait, not the run.
while kill -0 "$run" 2> /dev/null; do wait "$run"; done
wait "$run"
status=$?

# 75: saved. 143: warned before it could heed it.
if [[ $status =~ ^(75|143)$ ]] && ! is_stopped; then scontrol requeue "$task"; fi
exit "$status"
`;
}

const words = (all: readonly string[]): string => all.map(quoted).join(' ');

/** One word of a shell's command line. */
function quoted(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

export interface QueuedTask {
  /** As squeue and scancel take it: <job>_<index>. */
  readonly task: string;
  /** PENDING, RUNNING, COMPLETING and so on. */
  readonly state: string;
  /** Why it waits, in Slurm's words: Resources, Priority, BeginTime; None for one that runs. */
  readonly reason: string;
}

/** Job, index, state, reason and name: a line for each task of the user's arrays. */
const SQUEUE = ['--me', '--array', '--noheader', '--format=%F|%K|%T|%r|%j'];

/**
 * The user's tasks in the queue, by the runs below a folder of results that `smoothout submit slurm` made them of:
 * EXPERIMENT/METHOD/seed-N. None where there is no squeue, or none that answers.
 */
export async function slurmTasks(results: string): Promise<ReadonlyMap<string, QueuedTask>> {
  const { stdout } = await promisify(execFile)('squeue', SQUEUE, { timeout: 10_000 }).catch(() => ({ stdout: '' }));
  const lines = stdout.split('\n').map((line) => line.split('|'));
  const tasks = new Map<string, QueuedTask>();
  for (const [name, ofJob] of groupBy(lines, ([, , , , name = '']) => name)) {
    const plan = await readFile(planIn(submissionFolder(results, name)), 'utf8').catch(() => '');
    const configs = plan.split('\n');
    for (const [job, index, state = '', reason = ''] of ofJob) {
      const config = configs[Number(index) - 1];
      if (config) tasks.set(runName(config), { task: `${job}_${index}`, state, reason });
    }
  }
  return tasks;
}

/** Of the run whose folder a config is in: its last three folders. */
const runName = (config: string): string => dirname(config).split('/').slice(-3).join('/');
