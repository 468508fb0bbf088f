/** A sweep as a Slurm array: a plan of one line a run, and a batch script whose tasks each take a line. */
import { join, resolve } from 'node:path';
import { runConfigText } from '../config/resolve.js';
import type { RunSpec } from '../config/schema.js';
import { runPaths } from '../records/run-folder.js';
import { at } from '../support/at.js';
import { makeFolder, writeFileAtomic } from '../support/files.js';
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
  const folder = join(options.out, 'submit', name);
  await makeFolder(folder);
  const configs = runs.map((spec) => runPaths(options.out, spec).config);
  for (const [i, spec] of runs.entries()) {
    await makeFolder(runPaths(options.out, spec).folder);
    await writeFileAtomic(at(configs, i), runConfigText(spec));
  }
  await writeFileAtomic(join(folder, 'plan.txt'), configs.map((config) => `${config}\n`).join(''));
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
config=$(sed -n "\${SLURM_ARRAY_TASK_ID}p" ${quoted(join(folder, 'plan.txt'))})

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
