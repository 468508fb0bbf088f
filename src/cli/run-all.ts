/** Carries out runs one after another, for every command that trains. */
import { join } from 'node:path';
import type { RunSpec } from '../config/schema.js';
import type { EngineChoice } from '../engine/create.js';
import { EXIT, SmoothOutError } from '../support/errors.js';
import { makeFolder } from '../support/files.js';
import type { RunRecord } from '../training/record.js';
import { onInterrupt } from './interrupt.js';
import { log, printJson, reportError } from './output.js';
import { createRunProgress } from './run-progress.js';

export interface RunAllOptions extends EngineChoice {
  readonly data?: string;
  readonly out: string;
  readonly force?: boolean;
  readonly failFast?: boolean;
  readonly json?: boolean;
}

/** How a run ended: with its record, or with what was thrown. */
export type Outcome =
  | { readonly spec: RunSpec; readonly record: RunRecord }
  | { readonly spec: RunSpec; readonly error: unknown };

export interface AllOutcomes {
  /** Of the runs that were begun or found finished. */
  readonly outcomes: readonly Outcome[];
  readonly interrupted: boolean;
  /** Exit status: of the first run that failed, or of the interruption. */
  readonly status: number;
}

/**
 * A failing run does not stop the others (unless `failFast`); an interruption does. What is wrong with the data or the
 * output folder is found before any run starts.
 *
 * @throws SmoothOutError DATA_MISSING, DATA_CORRUPT, CONFIG_INVALID, OUTPUT_UNWRITABLE, NO_SPACE
 */
export async function runAll(runs: readonly RunSpec[], options: RunAllOptions): Promise<AllOutcomes> {
  const { createWorkshop } = await import('../training/run.js');
  await makeFolder(join(options.out, 'runs'));
  const workshop = await createWorkshop(options);
  if (workshop.engine.reason) log(workshop.engine.reason);
  const interrupt = onInterrupt();
  const outcomes: Outcome[] = [];
  let status: number = EXIT.ok;
  try {
    await workshop.prepare(runs);
    for (const spec of runs) {
      if (interrupt.signal.aborted) break;
      const progress = createRunProgress(spec, options.json ?? false);
      const common = { out: options.out, force: options.force ?? false, signal: interrupt.signal };
      let begun = false;
      const onStart: typeof progress.events.onStart = (from, sources) => {
        begun = true;
        progress.events.onStart(from, sources);
      };
      const outcome = await workshop
        .run(spec, { ...common, ...progress.events, onStart })
        .then(
          (record): Outcome => ({ spec, record }),
          (error: unknown): Outcome => ({ spec, error }),
        )
        .finally(progress.stop);
      outcomes.push(outcome);
      const ended = told(outcome, begun, options.json ?? false);
      status ||= ended;
      if (ended !== EXIT.ok && options.failFast) break;
    }
  } finally {
    interrupt.dispose();
    await workshop.dispose();
  }
  const interrupted = interrupt.signal.aborted;
  return { outcomes, interrupted, status: interrupted ? EXIT.interrupted : status };
}

/** Says how a run ended, where that is not in what it has shown of itself; returns its exit status. */
function told(outcome: Outcome, begun: boolean, json: boolean): number {
  const { experiment, method, seed } = outcome.spec;
  if ('error' in outcome) {
    const { error } = outcome;
    const status = reportError(error);
    const code = error instanceof SmoothOutError ? error.code : 'UNEXPECTED';
    const message = error instanceof Error ? error.message : String(error);
    if (json) printJson({ event: 'failure', experiment, method: method.label, seed, error: { code, message } });
    return status;
  }
  const { record } = outcome;
  if (json) printJson({ event: 'run', ...record });
  if (!begun) log(`${experiment} ${method.label} seed ${seed}: ${record.status} before; --force runs it again`);
  return record.status === 'diverged' ? EXIT.runFailed : EXIT.ok;
}
