/** The command line: runs the command that it names. */
import { CommanderError } from 'commander';
import { EXIT } from '../support/errors.js';
import { reportError, surviveLostOutput } from './output.js';
import { programWith } from './program.js';
import { keepIgnoredSignals } from './signals.js';

/** Runs the command; returns the exit status (support/errors.ts). A command may also leave one in `process.exitCode`. */
export async function main(args: readonly string[]): Promise<number> {
  surviveLostOutput();
  keepIgnoredSignals();
  try {
    const program = await programWith(args[0]);
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) return reportError(error);
    // Commander has said what is wrong. Asked-for help and the version are no errors.
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  return Number(process.exitCode ?? EXIT.ok);
}
