import type { Laboratory, LaboratoryOptions } from '../sharpness/laboratory.js';
import { onInterrupt } from './interrupt.js';
import { log } from './output.js';

/** Opens the engine and what else an analysis needs, and closes it whatever happens. Signals abort its signal. */
export async function inLaboratory<T>(
  options: Omit<LaboratoryOptions, 'signal'>,
  use: (laboratory: Laboratory) => Promise<T>,
): Promise<T> {
  const { createLaboratory } = await import('../sharpness/laboratory.js');
  const interrupt = onInterrupt();
  try {
    const laboratory = await createLaboratory({ ...options, signal: interrupt.signal });
    if (laboratory.engine.reason) log(laboratory.engine.reason);
    return await use(laboratory).finally(() => laboratory.dispose());
  } finally {
    interrupt.dispose();
  }
}
