/** The built program as tests run it: the command line is written as in a terminal, and its end is an object. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const EXECUTABLE = fileURLToPath(new URL('../../../bin/smoothout.js', import.meta.url));

/** How a command ended, and all that it wrote. */
export class Finished {
  constructor(
    readonly status: number | null,
    readonly stdout: string,
    readonly stderr: string,
  ) {}

  /** The lines of stdout. */
  get lines() {
    return this.stdout.trimEnd().split('\n');
  }

  /** The lines of stdout, each parsed as JSON. */
  get json() {
    return this.lines.map((line) => JSON.parse(line));
  }
}

/** TensorFlow's library, where it is loaded, tells on some processors how it computes, and no setting keeps it from that. */
export const withoutTensorFlowLog = (stderr: string): string =>
  stderr.replace(/^(WARNING: All log messages before absl|I\d{4} \d\d:\d\d:\d+).*\n/gm, '');

/** A command that runs: awaited, it gives how it finished. */
export interface Running extends Promise<Finished> {
  readonly pid: number | undefined;
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Resolves once what it has written, on stdout and stderr, matches; or once it has ended. */
  readonly says: (pattern: RegExp) => Promise<void>;
}

interface Options {
  /** Variables besides those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** A command that is given the program and its arguments, and runs them. */
  readonly through?: readonly string[];
}

type Value = string | number | readonly string[];
export type Command = (strings: TemplateStringsArray, ...values: readonly Value[]) => Running;

/**
 * The words of a command line. Spaces in the template separate words; an interpolated value stays in one word, whatever
 * is in it, and an array in place of a word is as many words as it has elements.
 */
export function words(strings: TemplateStringsArray, ...values: readonly Value[]): string[] {
  // No argument of a program can contain \0, so it can separate words; \x01 keeps an empty value from being dropped.
  const given = values.map((value) =>
    [value]
      .flat()
      .map((item) => `\x01${item}`)
      .join('\0'),
  );
  const line = strings.map((text, i) => text.replace(/\s+/g, '\0') + (given[i] ?? '')).join('');
  return line.split('\0').flatMap((word) => (word === '' ? [] : [word.replaceAll('\x01', '')]));
}

const commandWith =
  ({ env, through = [] }: Options): Command =>
  (strings, ...values) => {
    const [program, ...args] = [...through, process.execPath, EXECUTABLE, ...words(strings, ...values)];
    const child = spawn(program!, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const finished = new Promise<Finished>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (status) => resolve(new Finished(status, stdout, withoutTensorFlowLog(stderr))));
    });
    const says = (pattern: RegExp) =>
      new Promise<void>((resolve) => {
        const look = () => {
          if (pattern.test(stdout) || pattern.test(stderr)) resolve();
        };
        child.stdout.on('data', look);
        child.stderr.on('data', look);
        child.once('close', () => resolve());
        look();
      });
    return Object.assign(finished, { pid: child.pid, kill: (signal: NodeJS.Signals) => void child.kill(signal), says });
  };

/**
 * Runs the built program with no terminal, as a script would: `` await smoothout`sharpness --ckpt ${file}` ``.
 * `` smoothout.with({ env })`run ${config}` `` runs it in another environment.
 */
export const smoothout = Object.assign(commandWith({}), { with: commandWith });
