/** Results go to stdout, everything said about them on the way to stderr. */
import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { styleText } from 'node:util';
import { at } from '../support/at.js';
import { EXIT, SmoothOutError } from '../support/errors.js';
import { asReadError } from '../support/files.js';

export const GENERATED_NOTE = 'On generated data: nothing here compares with the paper.';

type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow' | 'cyan';

/** https://no-color.org: any value but the empty one turns colour off. */
export function hasColour(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
}

/** `text` in a style where the stream shows styles. */
export function paint(stream: NodeJS.WriteStream, style: Style, text: string): string {
  return hasColour(stream) ? styleText(style, text) : text;
}

/**
 * Text for a terminal, which would obey control characters in the names and texts of others: they are shown escaped, but
 * for line ends, tabs and colours.
 */
export const shown = (text: string): string =>
  text.replace(/(\p{Cc})(\[[\d;]*m)?/gu, (all, control: string, colour = '') => {
    if (control === '\n' || control === '\t' || (control === '\u001b' && colour !== '')) return all;
    return `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}${colour}`;
  });

/** A line of the result. */
export function print(line = ''): void {
  process.stdout.write(`${shown(line)}\n`);
}

/** One JSON object on a line of its own (`--json`). */
export function printJson(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

let writeLine = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

/** A line about what is going on. */
export function log(line = ''): void {
  writeLine(shown(line));
}

/** Has lines written by `write`, which knows what else is on the terminal; returns what ends that. */
export function divertLog(write: (line: string) => void): () => void {
  const before = writeLine;
  writeLine = write;
  return () => {
    writeLine = before;
  };
}

/** Progress bars are for people who watch. */
export function showsProgress(): boolean {
  return process.stderr.isTTY === true && process.env.TERM !== 'dumb';
}

/** Columns two spaces apart; those in `right` are aligned to the right. No spaces at the ends of lines. */
export function textTable(rows: readonly (readonly string[])[], right: readonly number[] = []): string {
  const widths: number[] = [];
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  const line = (row: readonly string[]) =>
    row.map((cell, i) => (right.includes(i) ? cell.padStart(at(widths, i)) : cell.padEnd(at(widths, i)))).join('  ');
  return rows.map((row) => line(row).trimEnd()).join('\n');
}

/** Says what went wrong on stderr, and `where` if there are several; returns the exit status. */
export function reportError(thrown: unknown, where?: string): number {
  const name = paint(process.stderr, 'red', 'smoothout:') + (where === undefined ? '' : ` ${where}:`);
  // What the system refuses is never a fault of smoothout, wherever it comes from.
  const error = isOfSystem(thrown) ? asReadError(thrown, thrown.path) : thrown;
  if (error instanceof SmoothOutError) {
    log(`${name} ${error.message}`);
    if (error.hint !== undefined) log(paint(process.stderr, 'dim', error.hint));
    return error.exitStatus;
  }
  log(`${name} unexpected error, a fault of smoothout itself: ${error instanceof Error ? error.stack : String(error)}`);
  return EXIT.runFailed;
}

function isOfSystem(error: unknown): error is Error & { readonly path: string } {
  return error instanceof Error && 'syscall' in error && 'path' in error && typeof error.path === 'string';
}

/** "12.3 MB". */
export function sizeText(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(4, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${['B', 'kB', 'MB', 'GB', 'TB'][power]}`;
}

/**
 * Output that cannot be written ends no command: its terminal was closed, its disk is full, its reader went away. The work
 * goes on, as its results are in files. Lines for stderr are lost; where lines of results were lost, a command
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
