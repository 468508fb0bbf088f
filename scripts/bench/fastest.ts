/** Which PyTorch, set up how, does a task fastest: what the benchmark's rows are measured against. */
import { secondsEach } from './alternate.js';
import type { Task } from './protocol.js';
import { AS_INSTALLED, type PyTorch, type Setup, startPyTorch, withThreads } from './pytorch.js';

interface Tried {
  readonly setup: Setup;
  readonly seconds: number;
}

/** As it is installed, at its best threads. */
export async function fastestAsInstalled(pytorch: PyTorch, trial: Task): Promise<Setup> {
  return (await fastestOf(withThreads({ pytorch, ...AS_INSTALLED }), trial)).setup;
}

/**
 * Of every PyTorch that is there, memory kept: threads first, then `channels_last`, then torch.compile, each kept where
 * it is faster than what was the fastest before.
 */
export async function fastestOfAll(pytorches: readonly PyTorch[], trial: Task): Promise<Setup> {
  const all: Tried[] = [];
  for (const pytorch of pytorches) {
    let best = await fastestOf(withThreads({ pytorch, ...AS_INSTALLED, allocator: 'tuned' }), trial);
    if (trial.kind !== 'product') {
      best = faster(best, await tried({ ...best.setup, memoryFormat: 'channels_last' }, trial));
      best = faster(best, await triedCompiled(best.setup, trial));
    }
    all.push(best);
  }
  return all.reduce(faster).setup;
}

const faster = (one: Tried, other: Tried) => (other.seconds < one.seconds ? other : one);

/** One process at a time, as large networks fill the memory. */
async function fastestOf(setups: readonly Setup[], trial: Task): Promise<Tried> {
  const all: Tried[] = [];
  for (const setup of setups) all.push(await tried(setup, trial));
  return all.reduce(faster);
}

/** PyTorch before 2 cannot compile, and later ones need a C++ compiler. */
async function triedCompiled(setup: Setup, trial: Task): Promise<Tried> {
  try {
    return await tried({ ...setup, compiled: true }, trial);
  } catch (error) {
    console.error(`PyTorch ${setup.pytorch.version} does not compile: ${(error as Error).message.slice(0, 300)}`);
    return { setup, seconds: Number.POSITIVE_INFINITY };
  }
}

const TRIAL_SECONDS = 1;
const known = new Map<string, number>();

async function tried(setup: Setup, trial: Task): Promise<Tried> {
  const key = JSON.stringify([setup, trial]);
  const seconds = known.get(key) ?? (await time(setup, trial));
  known.set(key, seconds);
  return { setup, seconds };
}

async function time(setup: Setup, trial: Task): Promise<number> {
  const side = startPyTorch(setup);
  try {
    await side.prepare('trial', trial);
    const contender = { side, name: 'trial' };
    // The first time is compiled in.
    await secondsEach(contender, 1);
    const once = await secondsEach(contender, 1);
    return await secondsEach(contender, Math.max(1, Math.round(TRIAL_SECONDS / once)));
  } finally {
    await side.close();
  }
}
