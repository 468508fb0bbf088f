/** PyTorch's side: which Python has it, and which of its thread settings is the fastest for a task. */
import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { secondsEach } from './alternate.js';
import type { Task } from './protocol.js';
import { type Side, scriptPath, startSide } from './side.js';

export interface PyTorch {
  readonly python: string;
  readonly version: string;
  /** The library that multiplies its matrices. */
  readonly blas: string;
}

interface ThreadSetting {
  readonly name: string;
  /** Of PyTorch's own operators and convolutions; its default where null. */
  readonly threads: number | null;
  /** Of OpenBLAS's matrix products; its default where null. */
  readonly blasThreads: number | null;
}

const cores = availableParallelism();

/** The two pools of threads get into each other's way; which of them should have the processor depends on the network. */
const SETTINGS: readonly ThreadSetting[] = [
  { name: 'defaults', threads: null, blasThreads: null },
  { name: `PyTorch ${cores}, OpenBLAS 1`, threads: cores, blasThreads: 1 },
  { name: `PyTorch ${cores}, OpenBLAS ${cores}`, threads: cores, blasThreads: cores },
];

/** Versions of PyTorch and of the library that multiplies its matrices, as a process that has both sees them. */
const PROBE = `
import ctypes, json, torch
loaded = sorted({line.split()[-1] for line in open("/proc/self/maps") if "blas" in line})
blas = ", ".join(path.split("/")[-1] for path in loaded) or "no BLAS"
for path in loaded:
    if "libopenblas" in path:
        get_config = ctypes.CDLL(path).openblas_get_config
        get_config.restype = ctypes.c_char_p
        blas = " ".join(get_config().decode().split()[:2])
print(json.dumps({"version": torch.__version__, "blas": blas}))
`;

/** Null where no Python here has PyTorch. */
export function findPyTorch(): PyTorch | null {
  for (const python of ['python3', '/usr/bin/python3']) {
    try {
      const output = execFileSync(python, ['-c', PROBE], {
        env: environment(SETTINGS[0]!),
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      return { python, ...(JSON.parse(output.toString()) as Omit<PyTorch, 'python'>) };
    } catch {
      // The next one may have it.
    }
  }
  return null;
}

export interface ChosenSide {
  readonly side: Side;
  readonly setting: string;
}

/** Starts the side under the setting that does the trial fastest. */
export async function startFastest({ python }: PyTorch, trial: Task): Promise<ChosenSide> {
  const key = JSON.stringify(trial);
  const setting = chosen.get(key) ?? (await fastestSetting(python, trial));
  chosen.set(key, setting);
  return { side: start(python, setting), setting: setting.name };
}

const chosen = new Map<string, ThreadSetting>();

const TRIAL_SECONDS = 1;

/** One process at a time, as large networks fill the memory. */
async function fastestSetting(python: string, trial: Task): Promise<ThreadSetting> {
  const seconds: number[] = [];
  for (const setting of SETTINGS) {
    const side = start(python, setting);
    try {
      await side.prepare('trial', trial);
      const contender = { side, name: 'trial' };
      const cold = await secondsEach(contender, 1);
      seconds.push(await secondsEach(contender, Math.max(1, Math.round(TRIAL_SECONDS / cold))));
    } finally {
      await side.close();
    }
  }
  return SETTINGS[seconds.indexOf(Math.min(...seconds))]!;
}

function start(python: string, setting: ThreadSetting): Side {
  const threads = setting.threads === null ? [] : ['--threads', String(setting.threads)];
  return startSide(python, [scriptPath('pytorch_side.py'), ...threads], environment(setting));
}

/** What is set outside would make other defaults than PyTorch's. */
function environment({ blasThreads }: ThreadSetting): NodeJS.ProcessEnv {
  const { OMP_NUM_THREADS: _, OPENBLAS_NUM_THREADS: __, ...env } = process.env;
  return { ...env, PYTHONDONTWRITEBYTECODE: '1', ...(blasThreads && { OPENBLAS_NUM_THREADS: String(blasThreads) }) };
}
