/** `smoothout run`: trains what configs describe. */
import { join } from 'node:path';
import type { Command } from 'commander';
import { runConfigText } from '../config/resolve.js';
import type { RunSpec } from '../config/schema.js';
import { announceRuns, withdrawRuns } from '../records/run-folder.js';
import type { RunRecord } from '../records/run-record.js';
import { EXIT, SmoothOutError } from '../support/errors.js';
import { makeFolder } from '../support/files.js';
import { addTrainingOptions, type TrainingOptions } from './options.js';
import { GENERATED_NOTE, log, print, printJson, reportError, textTable } from './output.js';
import { planRuns } from './plan-runs.js';
import { createRunProgress, runName } from './progress.js';
import { inSession } from './session.js';

interface RunOptions extends TrainingOptions {
  readonly dryRun?: boolean;
}

const EXAMPLES = `
Examples:
  smoothout run configs/quickstart.yaml
  smoothout run configs/c1-lb.yaml --method baseline smoothout --seed 1-5
  smoothout run configs/f1-sb.yaml --set epochs=3 --set optimizer.learningRate=0.002 --data ~/data
  smoothout run configs/f1-lb.yaml --dry-run

The same command again skips what is finished and resumes what is not.`;

export function registerRun(program: Command): void {
  const command = program
    .command('run')
    .description('train what configs describe: every method, every seed')
    .argument('<config.yaml...>', 'configs to run');
  addTrainingOptions(command)
    .option('--fail-fast', 'stop at the first run that fails')
    .option('--dry-run', 'print the resolved settings and train nothing')
    .option('--json', 'print one JSON object a line: epochs as they end, then runs')
    .addHelpText('after', EXAMPLES)
    .action(async (files: string[], options: RunOptions) => {
      const runs = await planRuns(files, options);
      if (options.dryRun) {
        showPlan(runs, options);
        return;
      }
      const { outcomes, status } = await runAll(runs, options);
      if (!options.json) print(summary(outcomes, options.out));
      process.exitCode = status;
    });
}

function showPlan(runs: readonly RunSpec[], { json }: RunOptions): void {
  if (json) for (const run of runs) printJson({ event: 'plan', ...run });
  else print(runs.map(runConfigText).join('---\n').trimEnd());
  log(`${runs.length} ${runs.length === 1 ? 'run' : 'runs'}; nothing was trained (--dry-run)`);
}

/** How a run ended: with its record, or with what was thrown. */
export type Outcome =
  | { readonly spec: RunSpec; readonly record: RunRecord }
  | { readonly spec: RunSpec; readonly error: unknown };

interface AllOutcomes {
  /** Of the runs that were begun or found finished. */
  readonly outcomes: readonly Outcome[];
  readonly interrupted: boolean;
  /** Exit status: of the first run that failed, or of the interruption. */
  readonly status: number;
}

/**
 * Carries out runs one after another. A failing run does not stop the others (unless `failFast`); an interruption does.
 * What is wrong with the data or the output folder is found before any run starts.
 *
 * @throws SmoothOutError DATA_MISSING, DATA_CORRUPT, CONFIG_INVALID, OUTPUT_UNWRITABLE, NO_SPACE
 */
export async function runAll(runs: readonly RunSpec[], options: TrainingOptions): Promise<AllOutcomes> {
  const { prepareRuns, trainRun } = await import('../training/run.js');
  const { out, force = false, failFast = false, json = false } = options;
  await makeFolder(join(out, 'runs'));
  return inSession(options, async (session) => {
    await prepareRuns(session, runs);
    const announced = await announceRuns(out, runs);
    const outcomes: Outcome[] = [];
    let status: number = EXIT.ok;
    try {
      for (const spec of runs) {
        if (session.signal.aborted) break;
        const progress = createRunProgress(spec, json);
        const outcome = await trainRun(session, spec, { out, force, ...progress.events })
          .then(
            (record): Outcome => ({ spec, record }),
            (error: unknown): Outcome => ({ spec, error }),
          )
          .finally(progress.stop);
        outcomes.push(outcome);
        const ended = tell(outcome, progress.hasBegun(), json);
        status ||= ended;
        if (ended !== EXIT.ok && failFast) break;
      }
    } finally {
      await withdrawRuns(announced);
    }
    const interrupted = session.signal.aborted;
    return { outcomes, interrupted, status: interrupted ? EXIT.interrupted : status };
  });
}

/** Says how a run ended, where that is not in what it has shown of itself; returns its exit status. */
function tell(outcome: Outcome, begun: boolean, json: boolean): number {
  const { spec } = outcome;
  if ('error' in outcome) {
    const status = reportError(outcome.error);
    const code = outcome.error instanceof SmoothOutError ? outcome.error.code : 'UNEXPECTED';
    const error = { code, message: messageOf(outcome.error) };
    const { experiment, method, seed } = spec;
    if (json) printJson({ event: 'failure', experiment, method: method.label, seed, error });
    return status;
  }
  const { record } = outcome;
  if (json) printJson({ event: 'run', ...record });
  if (!begun) log(`${runName(spec)}: ${record.status} before; --force runs it again`);
  return record.status === 'diverged' ? EXIT.runFailed : EXIT.ok;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const HEADER = ['experiment', 'method', 'seed', 'batch', 'epochs', 'best %', 'last %', 'images/s', 'status'];
const NUMBERS = [2, 3, 4, 5, 6, 7];

/** The table at the end, and what else there is to say. */
function summary(outcomes: readonly Outcome[], output: string): string {
  const generated = outcomes.some((outcome) => 'record' in outcome && outcome.record.data.synthetic);
  return [
    textTable([HEADER, ...outcomes.map(row)], NUMBERS),
    '',
    ...(generated ? [GENERATED_NOTE] : []),
    ...outcomes.flatMap((each) => ('error' in each ? [`${runName(each.spec)}: ${messageOf(each.error)}`] : [])),
    `Runs are in ${output}/runs; next: smoothout report --runs ${output}`,
  ].join('\n');
}

function row(outcome: Outcome): string[] {
  const { experiment, method, seed, batchSize, epochs } = outcome.spec;
  const head = [experiment, method.label, `${seed}`, `${batchSize}`];
  if ('error' in outcome) {
    const status = outcome.error instanceof SmoothOutError ? outcome.error.code.toLowerCase() : 'failed';
    return [...head, `${epochs}`, '', '', '', status];
  }
  const { epochsDone, bestAccuracy, finalAccuracy, imagesPerSecond, status, data } = outcome.record;
  const cells = [bestAccuracy?.toFixed(2), finalAccuracy?.toFixed(2), imagesPerSecond?.toFixed(0)];
  const shown = data.synthetic ? `${status}, generated data` : status;
  return [...head, `${epochsDone}`, ...cells.map((cell) => cell ?? ''), shown];
}
