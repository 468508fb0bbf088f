/** PyTorch's side: which Pythons have it, and how it can be set up. */
import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { type Side, scriptPath, startSide } from './side.js';

export interface PyTorch {
  readonly python: string;
  readonly version: string;
  /** The library that multiplies its matrices. */
  readonly blas: string;
}

export interface Setup {
  readonly pytorch: PyTorch;
  /** Of PyTorch's own operators and convolutions; its default where null. */
  readonly threads: number | null;
  /** Of OpenBLAS's matrix products; its default where null. */
  readonly blasThreads: number | null;
  /**
   * PyTorch as it is installed returns large arrays to the system after each operator and takes fresh pages for the next;
   * `tuned` has the C library keep them.
   */
  readonly allocator: 'installed' | 'tuned';
  /** The order of an image's numbers in memory. */
  readonly memoryFormat: 'contiguous' | 'channels_last';
  /** By torch.compile. */
  readonly compiled: boolean;
}

export const AS_INSTALLED: Omit<Setup, 'pytorch'> = {
  threads: null,
  blasThreads: null,
  allocator: 'installed',
  memoryFormat: 'contiguous',
  compiled: false,
};

/** Where OpenBLAS has threads of its own they get into PyTorch's way: which of them should have the processor depends. */
export function withThreads(setup: Setup): Setup[] {
  const cores = availableParallelism();
  const pairs = setup.pytorch.blas.includes('OpenBLAS')
    ? [[1, cores] as const, [cores, 1] as const, [cores, cores] as const]
    : [[1, null] as const, [cores, null] as const];
  return [setup, ...pairs.map(([threads, blasThreads]) => ({ ...setup, threads, blasThreads }))];
}

/** For the table, without what all rows share. */
export function describe({ pytorch, threads, blasThreads, memoryFormat, compiled }: Setup): string {
  const blas = blasThreads === null ? '' : `, OpenBLAS ${blasThreads}`;
  return [
    pytorch.version,
    ...(compiled ? ['compiled'] : []),
    ...(memoryFormat === 'channels_last' ? ['channels_last'] : []),
    threads === null ? 'default threads' : `threads ${threads}${blas}`,
  ].join(', ');
}

/** Versions of PyTorch and of the library that multiplies its matrices, as a process that has both sees them. */
const PROBE = `
import ctypes, json, torch
blas = "MKL" if torch.backends.mkl.is_available() else "no BLAS"
for path in sorted({line.split()[-1] for line in open("/proc/self/maps") if "libopenblas" in line}):
    get_config = ctypes.CDLL(path).openblas_get_config
    get_config.restype = ctypes.c_char_p
    blas = " ".join(get_config().decode().split()[:2])
print(json.dumps({"version": torch.__version__.split("+")[0], "blas": blas}))
`;

/** Of the python3 that the shell finds and of the system's own, where they differ. */
export function findPyTorches(): PyTorch[] {
  const found = ['python3', '/usr/bin/python3'].flatMap((python): PyTorch[] => {
    try {
      const stdio = ['ignore', 'pipe', 'ignore'] as const;
      const output = execFileSync(python, ['-c', PROBE], { env: environment(null), stdio: [...stdio] });
      return [{ python, ...(JSON.parse(output.toString()) as Omit<PyTorch, 'python'>) }];
    } catch {
      return [];
    }
  });
  return found.filter(({ version }, i) => found.findIndex((one) => one.version === version) === i);
}

const KEEPS_MEMORY = { MALLOC_TRIM_THRESHOLD_: String(2 ** 33), MALLOC_MMAP_THRESHOLD_: String(2 ** 33) };

export function startPyTorch({ pytorch, threads, blasThreads, allocator, memoryFormat, compiled }: Setup): Side {
  const args = [
    ...(threads === null ? [] : ['--threads', String(threads)]),
    ...(memoryFormat === 'channels_last' ? ['--channels-last'] : []),
    ...(compiled ? ['--compile'] : []),
  ];
  const env = { ...environment(blasThreads), ...(allocator === 'tuned' && KEEPS_MEMORY) };
  return startSide(pytorch.python, [scriptPath('pytorch_side.py'), ...args], env);
}

/** What is set outside (threads, or kernels for another processor) would make other defaults than PyTorch's. */
function environment(blasThreads: number | null): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(OMP_NUM_THREADS$|OPENBLAS_)/.test(name));
  const threads = blasThreads === null ? {} : { OPENBLAS_NUM_THREADS: String(blasThreads) };
  return { ...Object.fromEntries(inherited), PYTHONDONTWRITEBYTECODE: '1', ...threads };
}
