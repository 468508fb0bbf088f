/** A Slurm cluster of one node for tests, where Debian's slurm-wlm and munge, or the like, are installed. */
import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const SCRIPT = fileURLToPath(new URL('../../scripts/slurm-here.sh', import.meta.url));
const run = promisify(execFile);

/** Whether the programs are here; says so where they are not. */
export function hasSlurm(): boolean {
  const { status } = spawnSync('bash', ['-c', 'PATH=$PATH:/usr/sbin:/sbin; type munged slurmctld slurmd sbatch']);
  if (status !== 0) console.warn('skipped: no Slurm here (slurm-wlm and munge)');
  return status === 0;
}

export interface Slurm {
  /** What programs that use the cluster are given. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs one of Slurm's programs; gives what it prints. */
  readonly command: (program: string, ...args: readonly string[]) => Promise<string>;
  readonly stop: () => Promise<void>;
}

/** @param folder for all files of the cluster: a new one */
export async function startSlurm(folder: string): Promise<Slurm> {
  const { stdout } = await run(SCRIPT, ['start', folder]);
  const env = { SLURM_CONF: /'(.*)'/.exec(stdout)![1]! };
  return {
    env,
    command: async (program, ...args) => (await run(program, args, { env: { ...process.env, ...env } })).stdout,
    stop: async () => void (await run(SCRIPT, ['stop', folder])),
  };
}
