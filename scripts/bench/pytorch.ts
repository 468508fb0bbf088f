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
  { name: `PyTorch 1, OpenBLAS ${cores}`, threads: 1, blasThreads: cores },
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

/**
 * PyTorch as it is installed returns large arrays to the system after each operator and takes fresh pages for the next;
 * `tuned` has the C library keep them.
 */
export type Allocator = 'installed' | 'tuned';

const KEEPS_MEMORY = { MALLOC_TRIM_THRESHOLD_: String(2 ** 33), MALLOC_MMAP_THRESHOLD_: String(2 ** 33) };

/** Starts the side under the thread setting that does the trial fastest. */
export async function startFastest({ python }: PyTorch, trial: Task, allocator: Allocator): Promise<ChosenSide> {
  const key = `${allocator} ${JSON.stringify(trial)}`;
  const setting = chosen.get(key) ?? (await fastestSetting(python, trial, allocator));
  chosen.set(key, setting);
  return { side: start(python, setting, allocator), setting: setting.name };
}

const chosen = new Map<string, ThreadSetting>();

const TRIAL_SECONDS = 1;

/** One process at a time, as large networks fill the memory. */
async function fastestSetting(python: string, trial: Task, allocator: Allocator): Promise<ThreadSetting> {
  const seconds: number[] = [];
  for (const setting of SETTINGS) {
    const side = start(python, setting, allocator);
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

function start(python: string, setting: ThreadSetting, allocator: Allocator): Side {
  const threads = setting.threads === null ? [] : ['--threads', String(setting.threads)];
  const env = { ...environment(setting), ...(allocator === 'tuned' && KEEPS_MEMORY) };
  return startSide(python, [scriptPath('pytorch_side.py'), ...threads], env);
}

/** What is set outside (threads, or kernels for another processor) would make other defaults than PyTorch's. */
function environment({ blasThreads }: ThreadSetting): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(OMP_NUM_THREADS$|OPENBLAS_)/.test(name));
  const threads = blasThreads === null ? {} : { OPENBLAS_NUM_THREADS: String(blasThreads) };
  return { ...Object.fromEntries(inherited), PYTHONDONTWRITEBYTECODE: '1', ...threads };
}
