/** Signals that the process was started to ignore stay ignored. */
import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { log } from './output.js';

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
