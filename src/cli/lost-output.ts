/** Output that cannot be written ends no command: its terminal was closed, its disk is full, its reader went away. */
import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { EXIT } from '../support/errors.js';
import { log } from './output.js';

/**
 * The work goes on, as its results are in files. Lines for stderr are lost; where lines of results were lost, a command
 * that did everything else ends with the status of lost output. A closed pipe (`smoothout … | head`) has had all that it
 * wanted.
 */
export function surviveLostOutput(): void {
  const terminals = [0, 1, 2].filter((descriptor) => isatty(descriptor));
  let isLost = false;
  process.stderr.on('error', () => {});
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE' || isLost) return;
    isLost = true;
    log(`smoothout: results cannot be written to stdout (${code}); the work goes on`);
  });
  process.on('exit', (status) => {
    if (isLost && status === EXIT.ok) process.exitCode = EXIT.outputLost;
    // Node.js gives its terminals their settings back as it ends, and aborts where one is gone but its descriptor open.
    for (const descriptor of terminals) if (!isatty(descriptor)) closeSync(descriptor);
  });
}
