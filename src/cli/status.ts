/** `smoothout status`: every run with its state, from the folders of the runs alone. */
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Command } from 'commander';
import { findRuns } from '../records/find-runs.js';
import { RUN_STATES, type RunStatus, readRunState } from '../records/run-state.js';
import { type QueuedTask, slurmTasks } from '../submit/slurm.js';
import { at } from '../support/at.js';
import { groupBy } from '../support/statistics.js';
import { counted, durationText } from '../support/words.js';
import { print, printJson, textTable } from './output.js';

interface StatusOptions {
  readonly watch?: boolean;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  smoothout status                    every run in results
  smoothout status f1-lb --watch      those of one experiment, kept up to date
  smoothout status ~/elsewhere --json

It reads the folders of the runs and needs nothing else: on this machine or, on a shared disk, on any other. Where there
is squeue, it adds the tasks of Slurm that runs wait in.`;

export function registerStatus(program: Command): void {
  program
    .command('status')
    .description('show every run: its state, progress, best accuracy and time left')
    .argument('[runs]', 'a folder of results or runs, or a name such as f1-lb or "f1-*"', 'results')
    .option('--watch', 'look again every 2 s; where stdout is no terminal, print the runs that have changed')
    .option('--json', 'print one JSON object a line')
    .addHelpText('after', EXAMPLES)
    .action(async (what: string, { watch = false, json = false }: StatusOptions) => {
      const show = json ? showJson : showTable;
      if (!watch) show(await statusOf(what));
      else await showAgain(what, !json && process.stdout.isTTY ? showScreen : changesOnly(show));
    });
}

/** A run with its task in Slurm's queue, if it has one. */
interface ShownRun extends RunStatus {
  readonly slurm: QueuedTask | null;
}

type Show = (runs: readonly ShownRun[]) => void;

async function statusOf(what: string): Promise<ShownRun[]> {
  const found = await findRuns(what, 'results');
  const [states, tasks] = await Promise.all([
    Promise.all(found.map(readRunState)),
    found[0] ? slurmTasks(dirname(found[0].root)) : new Map<string, never>(),
  ]);
  return states.flatMap((run, i) => (run ? [{ ...run, slurm: tasks.get(at(found, i).name) ?? null }] : []));
}

const WATCH_SECONDS = 2;

/** Until it is interrupted, or nobody reads it any more. */
async function showAgain(what: string, show: Show): Promise<void> {
  process.stdout.once('error', () => process.exit());
  for (;;) {
    show(await statusOf(what));
    await setTimeout(1000 * WATCH_SECONDS);
  }
}

function changesOnly(show: Show): Show {
  let before = new Map<string, string>();
  return (runs) => {
    const now = new Map(runs.map((run) => [run.folder, `${run.state} ${run.epochsDone} ${run.slurm?.state}`]));
    const changed = runs.filter(({ folder }) => before.get(folder) !== now.get(folder));
    if (changed.length > 0) show(changed);
    before = now;
  };
}

function showJson(runs: readonly ShownRun[]): void {
  for (const run of runs) printJson(run);
}

const HEADER = ['experiment', 'method', 'seed', 'state', 'epochs', 'done', 'best %', 'left', ''];
const NUMBERS = [2, 4, 5, 6, 7];

function showTable(runs: readonly ShownRun[]): void {
  if (runs.length > 0) print(`${textTable([HEADER, ...runs.map(row)], NUMBERS)}\n`);
  print(summary(runs));
}

function summary(runs: readonly ShownRun[]): string {
  const states = [...groupBy(runs, ({ state }) => state)].map(([state, { length }]) => `${length} ${state}`);
  return [counted(runs.length, 'run'), ...states].join(', ');
}

function row(run: ShownRun): string[] {
  const { experiment, method, seed, state, epochs, epochsDone, progress, bestAccuracy, secondsLeft } = run;
  return [
    ...[experiment, method, `${seed}`, state],
    ...(epochs === null ? ['', ''] : [`${epochsDone}/${epochs}`, `${Math.floor(100 * progress)}%`]),
    bestAccuracy?.toFixed(2) ?? '',
    secondsLeft === null ? '' : durationText(secondsLeft),
    remark(run),
  ];
}

function remark({ state, reason, process, slurm }: ShownRun): string {
  if (state === 'running' && process) {
    return `process ${process.pid} on ${process.host}, seen ${durationText(process.silentSeconds)} ago`;
  }
  const queued = slurm && `Slurm ${slurm.task}: ${[slurm.state, slurm.reason].join(', ').toLowerCase()}`;
  return [reason?.split('\n')[0], queued].filter(Boolean).join('; ');
}

/** A terminal's screen: the runs that call for somebody first, as many lines as fit, none wider than the terminal. */
function showScreen(runs: readonly ShownRun[]): void {
  const { rows, columns } = process.stdout;
  const sorted = RUN_STATES.flatMap((state) => runs.filter((run) => run.state === state));
  const table = textTable([HEADER, ...sorted.map(row)], NUMBERS).split('\n');
  const shown = table.slice(0, Math.max(1, rows - 3));
  const rest = table.length > shown.length ? [`… and ${table.length - shown.length} more`] : [];
  const lines = [...shown, ...rest, summary(runs)].map((line) => line.slice(0, columns - 1));
  // Each line over the old one, so that nothing flickers.
  process.stdout.write(`\x1b[H${lines.map((line) => `${line}\x1b[K\n`).join('')}\x1b[J`);
}
