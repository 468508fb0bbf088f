/** Signals end a command where it can be resumed from. */
import { EXIT, interrupted } from '../support/errors.js';
import { log } from './output.js';

interface Interrupt {
  /** Aborted by the first of SIGNALS, with INTERRUPTED as its reason. */
  readonly signal: AbortSignal;
  /** Gives the signals back to Node.js. */
  dispose(): void;
}

/**
 * Clusters send SIGUSR1 or SIGUSR2 before a time limit (`sbatch --signal`). By itself Node.js would start its debugger at
 * SIGUSR1, and end at SIGUSR2.
 */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;

/**
 * The first signal asks the work to stop where it can be resumed from, the second ends the process at once. Signals are
 * seen only between turns of the event loop: long work must await a timer or input now and then, not promises alone.
 */
export function onInterrupt(): Interrupt {
  const controller = new AbortController();
  const interrupt = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(EXIT.interruptedTwice);
    log(`smoothout: ${name}: saving and stopping; once more stops at once, with nothing more saved`);
    controller.abort(interrupted());
  };
  // Those that stay ignored have their listener already (ignored-signals.ts).
  const names = SIGNALS.filter((name) => process.listenerCount(name) === 0);
  for (const name of names) process.on(name, interrupt);
  return {
    signal: controller.signal,
    dispose: () => {
      for (const name of names) process.off(name, interrupt);
    },
  };
}
