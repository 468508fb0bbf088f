/** What Slurm's queue says of the runs that were submitted: the task that carries each out, and why it waits. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { groupBy } from '../support/statistics.js';

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
    const plan = await readFile(join(results, 'submit', name, 'plan.txt'), 'utf8').catch(() => '');
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
