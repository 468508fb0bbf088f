/** Signals: they end a command where it can be resumed from, and those that it was started to ignore stay ignored. */
import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { EXIT, interrupted } from '../support/errors.js';
import { log } from './output.js';

/**
 * Clusters send SIGUSR1 or SIGUSR2 before a time limit (`sbatch --signal`). By itself Node.js would start its debugger at
 * SIGUSR1, and end at SIGUSR2.
 */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;

/**
 * The first signal asks the work to stop where it can be resumed from, the second ends the process at once. Signals are
 * seen only between turns of the event loop: long work must await a timer or input now and then, not promises alone.
 *
 * @returns a signal that the first aborts, with INTERRUPTED as its reason; `dispose` gives the signals back to Node.js.
 */
export function onInterrupt(): { readonly signal: AbortSignal; readonly dispose: () => void } {
  const controller = new AbortController();
  const interrupt = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(EXIT.interruptedTwice);
    log(`smoothout: ${name}: saving and stopping; once more stops at once, with nothing more saved`);
    controller.abort(interrupted());
  };
  // Those that stay ignored have their listener already.
  const names = SIGNALS.filter((name) => process.listenerCount(name) === 0);
  for (const name of names) process.on(name, interrupt);
  return {
    signal: controller.signal,
    dispose: () => {
      for (const name of names) process.off(name, interrupt);
    },
  };
}

const HANGUP_BIT = 1n;

/**
 * Node.js gives every signal its default action as it starts, and nothing is left of what was set before. So what is
 * known to ignore signals is looked for: `nohup`, a parent that ignores SIGHUP (`trap '' HUP`), and a shell without job
 * control, whose background jobs ignore SIGINT.
 */
export function keepIgnoredSignals(): void {
  const ignored: NodeJS.Signals[] = [];
  if (isUnderNohup() || parentIgnoresHangup()) ignored.push('SIGHUP');
  if (isBackgroundJobOfScript()) ignored.push('SIGINT');
  for (const name of ignored) {
    process.on(name, () => log(`smoothout: ${name} ignored, as when it was started; SIGTERM saves and stops`));
  }
}

/** Shells name the command in `_`; and where stdin was a terminal, nohup puts /dev/null there, opened to write only. */
function isUnderNohup(): boolean {
  if (basename(process.env._ ?? '') === 'nohup') return true;
  return target('self', 0) === '/dev/null' && /^flags:\s*[0-7]*1$/m.test(read('/proc/self/fdinfo/0'));
}

function parentIgnoresHangup(): boolean {
  const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(read(`/proc/${process.ppid}/status`))?.[1];
  return mask !== undefined && (BigInt(`0x${mask}`) & HANGUP_BIT) !== 0n;
}

/** Such a job is in its shell's process group, and has /dev/null for a stdin that the shell itself does not have. */
function isBackgroundJobOfScript(): boolean {
  const [parent, self] = [processFields(`${process.ppid}`), processFields('self')];
  return (
    /^(ba|da|a|k|mk|z)?sh$|^busybox$/.test(parent.name) &&
    parent.group === self.group &&
    target('self', 0) === '/dev/null' &&
    target(`${process.ppid}`, 0) !== '/dev/null'
  );
}

function processFields(id: string): { readonly name: string; readonly group: string | undefined } {
  const [, name = '', rest = ''] = /^\d+ \((.*)\) (.*)$/s.exec(read(`/proc/${id}/stat`)) ?? [];
  return { name, group: rest.split(' ')[2] };
}

function target(id: string, descriptor: number): string {
  try {
    return readlinkSync(`/proc/${id}/fd/${descriptor}`);
  } catch {
    return '';
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
