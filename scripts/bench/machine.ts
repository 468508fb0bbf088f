/** What the numbers hold for: the processor and the versions of what computes. */
import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { versions } from '../../src/support/versions.js';
import type { Opponents } from './measure.js';

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  /** Vector instructions that decide how fast float32 arithmetic is; empty where the system does not say. */
  readonly instructions: readonly string[];
  readonly memoryGiB: number;
  readonly platform: string;
  readonly versions: Readonly<Record<string, string | null>>;
}

const NAMES: Readonly<Record<string, string>> = {
  fma: 'FMA',
  avx2: 'AVX2',
  avx512f: 'AVX-512',
  avx512_vnni: 'AVX-512 VNNI',
  amx_tile: 'AMX',
  asimd: 'NEON',
  sve: 'SVE',
};

/** What decides how fast float32 arithmetic is, and which kernels are used: one table is kept for each. */
export function kindOf({ platform, instructions }: Machine): string {
  const [, architecture] = platform.split(' ');
  if (architecture !== 'x64') return `Processors of the architecture ${architecture}`;
  return `x64 processors ${instructions.includes('AVX-512') ? 'with' : 'without'} AVX-512`;
}

export async function describeMachine({ pytorches, tensorflow }: Opponents): Promise<Machine> {
  const { node, tfjs, onnxruntime } = await versions();
  const information = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  const flags = /^(?:flags|Features)\s*: (.*)$/m.exec(information)?.[1]?.split(' ') ?? [];
  return {
    processor: cpus()[0]?.model.trim() ?? process.arch,
    cores: availableParallelism(),
    instructions: Object.entries(NAMES).flatMap(([flag, name]) => (flags.includes(flag) ? [name] : [])),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    versions: {
      'Node.js': node ?? null,
      'onnxruntime-node': onnxruntime ?? null,
      '@tensorflow/tfjs': tfjs ?? null,
      PyTorch: pytorches.map(({ version, blas }) => `${version} with ${blas}`).join(' and ') || null,
      TensorFlow: tensorflow,
    },
  };
}
