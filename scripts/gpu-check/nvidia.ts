/** What nvidia-smi sees of the GPU while something runs. */
import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';

export interface GpuUse {
  /** The most memory in use, of all processes. */
  readonly memoryMiB: number;
  /** Part of the time in which the GPU computed something: 0 … 1. */
  readonly busy: number;
}

const EVERY_MS = 100;

/** Undefined where there is no nvidia-smi, or it has nothing to say. */
export async function gpuUseDuring<T>(action: () => Promise<T>): Promise<[result: T, use: GpuUse | undefined]> {
  const query = ['--query-gpu=memory.used,utilization.gpu', '--format=csv,noheader,nounits', `-lms`, `${EVERY_MS}`];
  const child = spawn('nvidia-smi', ['--id=0', ...query], { stdio: ['ignore', 'pipe', 'ignore'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.on('error', () => undefined);
  try {
    const result = await action();
    // Its output is read between turns of the event loop only.
    await pause(2 * EVERY_MS);
    return [result, useOf(output)];
  } finally {
    child.kill();
  }
}

/** @param output lines of `memory in MiB, utilization in percent`. */
export function useOf(output: string): GpuUse | undefined {
  const samples = [...output.matchAll(/^(\d+), (\d+)$/gm)].map(([, memory, busy]) => [Number(memory), Number(busy)]);
  if (samples.length === 0) return undefined;
  return {
    memoryMiB: Math.max(...samples.map(([memory]) => memory!)),
    busy: samples.reduce((sum, [, busy]) => sum + busy!, 0) / samples.length / 100,
  };
}
