/** `smoothout sharpness`: measures checkpoints, prints a table and keeps sharpness.json beside each. */
import { type Command, Option } from 'commander';
import type { ResolvedSettings, SharpnessSettings } from '../analysis/sharpness.js';
import { CONVENTION_NAMES, conventionOf, withConvention } from '../records/sharpness-conventions.js';
import {
  addMeasurement,
  alreadyMeasured,
  checkWritable,
  readMeasurements,
  type SharpnessMeasurement,
  sharpnessPath,
} from '../records/sharpness-record.js';
import type { CheckpointFile } from '../session/checkpoint-file.js';
import type { Session } from '../session/session.js';
import { EXIT, SmoothOutError } from '../support/errors.js';
import { type AnalysisOptions, addAnalysisOptions, positiveNumber, wholeNumber } from './options.js';
import { GENERATED_NOTE, log, print, printJson, reportError, textTable } from './output.js';
import { createSharpnessProgress } from './progress.js';
import { checkpointLabel, inSession } from './session.js';

interface SharpnessCommandOptions extends AnalysisOptions {
  readonly ckpt: string[];
  readonly epsilon: number;
  readonly repeats: number;
  readonly split: 'train' | 'test';
  readonly maxIterations: number;
  readonly start: 'center' | 'random';
  readonly batchNorm: 'running' | 'batch';
  readonly batchSize?: number;
  readonly gradient: 'exact' | 'reference';
  readonly manifold?: number;
  readonly allConventions?: boolean;
  readonly check?: boolean;
  readonly force?: boolean;
}

interface Measured {
  readonly checkpoint: CheckpointFile;
  readonly measurement: SharpnessMeasurement;
  /** The sharpness.json it is in. */
  readonly record: string;
}

const EXAMPLES = `
Examples:
  smoothout sharpness --ckpt results/runs/f1-lb/baseline/seed-1/best.safetensors
  smoothout sharpness --ckpt results/runs/*/*/seed-*/best.safetensors --all-conventions
  smoothout sharpness --ckpt best.safetensors --batch-norm batch --images 10000 --check
  smoothout sharpness --ckpt best.safetensors --manifold 100

docs/sharpness.md says what each convention means and what a measurement costs.`;

export function registerSharpness(program: Command): void {
  const command = program
    .command('sharpness')
    .description('measure the (C_ε, A)-sharpness of checkpoints with L-BFGS-B')
    .requiredOption('--ckpt <file...>', 'checkpoints to measure')
    .option(
      '--epsilon <number>',
      'ε: half the width of the box, less the share of |x|',
      positiveNumber('--epsilon'),
      5e-4,
    )
    .option('--repeats <n>', 'measurements, of which the largest counts', wholeNumber('--repeats', 1), 5)
    .addOption(new Option('--split <name>', 'whose loss is measured').choices(['train', 'test']).default('train'))
    .option('--max-iterations <n>', 'of L-BFGS-B', wholeNumber('--max-iterations', 1), 10)
    .addOption(
      new Option('--start <where>', 'where L-BFGS-B starts: the minimiser or a random point of the box')
        .choices(['center', 'random'])
        .default('center'),
    )
    .addOption(
      new Option('--batch-norm <mode>', 'with running statistics or those of each batch')
        .choices(['running', 'batch'])
        .default('running'),
    )
    .option(
      '--batch-size <n>',
      'images in a batch (default: 5000 for batch statistics)',
      wholeNumber('--batch-size', 1),
    )
    .addOption(
      new Option('--gradient <sign>', 'reference: with the sign error of the authors’ code')
        .choices(['exact', 'reference'])
        .default('exact'),
    )
    .option('--manifold <p>', 'in a random subspace of p dimensions', wholeNumber('--manifold', 1))
    .addOption(
      new Option('--all-conventions', 'measure as defined, as Keskar et al. and as the reference code did').conflicts([
        ...['epsilon', 'split', 'maxIterations', 'start', 'batchNorm', 'gradient', 'manifold'],
      ]),
    )
    .option('--check', 'ask projected ascent and the Hessian’s largest eigenvalue too');
  addAnalysisOptions(command, 'measure on the first n images of the split')
    .option('--force', 'measure again what has been measured')
    .addHelpText('after', EXAMPLES)
    .action(async (options: SharpnessCommandOptions) => {
      process.exitCode = await carryOut(options);
    });
}

function settingsOf(options: SharpnessCommandOptions): SharpnessSettings[] {
  const { epsilon, repeats, split, maxIterations, start, batchNorm, gradient, seed } = options;
  const settings = {
    ...{ epsilon, repeats, split, maxIterations, start, batchNorm, gradient, seed },
    images: options.images ?? null,
    batchSize: options.batchSize ?? null,
    manifold: options.manifold ?? null,
  };
  return options.allConventions
    ? CONVENTION_NAMES.map((convention) => withConvention(settings, convention))
    : [settings];
}

/** Measures one checkpoint after another. One that fails does not stop the others; an interruption does. */
async function carryOut(options: SharpnessCommandOptions): Promise<number> {
  const settings = settingsOf(options);
  const measured: Measured[] = [];
  const failures: string[] = [];
  let status: number = EXIT.ok;
  const failed = (path: string, error: unknown): void => {
    const own = reportError(error);
    status ||= own;
    failures.push(`${path}: ${error instanceof SmoothOutError ? error.code.toLowerCase() : 'failed'}`);
  };
  const interrupted = await inSession(options, async (session) => {
    for (const checkpoint of await openAll(session, options, failed)) {
      try {
        await measureAll(session, checkpoint, settings, options, (one) => measured.push(one));
      } catch (error) {
        failed(checkpoint.path, error);
        if (session.signal.aborted) break;
      }
    }
    return session.signal.aborted;
  });
  if (!options.json && measured.length > 0) print(summary(measured));
  if (measured.length > 0) for (const failure of failures) log(failure);
  return interrupted ? EXIT.interrupted : status;
}

/** Every checkpoint is looked at before hours are spent on the first. */
async function openAll(
  session: Session,
  { ckpt, config }: SharpnessCommandOptions,
  failed: (path: string, error: unknown) => void,
): Promise<CheckpointFile[]> {
  const { openCheckpoint } = await import('../session/checkpoint-file.js');
  const checkpoints: CheckpointFile[] = [];
  for (const path of ckpt) {
    try {
      checkpoints.push(await openCheckpoint(session, path, config));
    } catch (error) {
      failed(path, error);
    }
  }
  return checkpoints;
}

async function measureAll(
  session: Session,
  checkpoint: CheckpointFile,
  all: readonly SharpnessSettings[],
  { check = false, force = false, json = false }: SharpnessCommandOptions,
  onMeasured: (measured: Measured) => void,
): Promise<void> {
  const { measureSharpness, resolveSettings, runsOf } = await import('../analysis/sharpness.js');
  const record = await sharpnessPath(checkpoint.path);
  const measure = async (settings: ResolvedSettings) => {
    const name = `${checkpointLabel(checkpoint)}, ${conventionOf(settings)}`;
    const progress = createSharpnessProgress(name, runsOf(settings), settings.maxIterations);
    const options = { settings, check, onProgress: progress.show };
    const measurement = await measureSharpness(session, checkpoint, options).finally(progress.stop);
    await addMeasurement(record, checkpoint, measurement);
    return measurement;
  };
  // What is wrong with the last settings is found before the first are measured.
  for (const resolved of all.map((settings) => resolveSettings(settings, checkpoint))) {
    const earlier = force ? undefined : alreadyMeasured(await readMeasurements(record, checkpoint), resolved, check);
    if (!earlier) await checkWritable(record);
    else log(`${checkpoint.path}: measured before (--force measures again)`);
    const measurement = earlier ?? (await measure(resolved));
    onMeasured({ checkpoint, measurement, record });
    const { path, run, epoch } = checkpoint;
    if (json) printJson({ event: 'sharpness', checkpoint: path, run, epoch, record, ...measurement });
  }
}

const HEADER = ['checkpoint', 'convention', 'split', 'batch norm', 'gradient', 'loss', 'sharpness'];
const MORE = ['repeats', 'evaluations', 'ended', 'seconds'];
const CHECKS = ['by ascent', 'eigenvalue'];

/** A note where a measurement is less than its name says, or its repeats are. */
const NOTES: readonly [string, (measured: Measured) => boolean][] = [
  [
    'same: from the minimiser L-BFGS-B takes the same steps every time, so it was run once for all repeats.',
    ({ measurement }) => isSame(measurement),
  ],
  [
    'part: only the first images of the split were measured.',
    ({ measurement: { images, splitImages } }) => images < splitImages,
  ],
  [GENERATED_NOTE, ({ checkpoint }) => checkpoint.spec.synthetic],
];

/** The table at the end, and what its words mean. */
function summary(measured: readonly Measured[]): string {
  const checked = measured.some(({ measurement }) => measurement.check !== null);
  const header = [...HEADER, ...(checked ? CHECKS : []), ...MORE];
  const numbers = ['loss', 'sharpness', ...CHECKS, 'evaluations', 'seconds'].map((name) => header.indexOf(name));
  const table = textTable([header, ...measured.map((one) => row(one, checked))], numbers);
  const notes = NOTES.filter(([, applies]) => measured.some(applies)).map(([text]) => text);
  const files = [...new Set(measured.map(({ record }) => record))];
  return [table, '', ...notes, `Written to ${files.join(', ')}`].join('\n');
}

function row({ checkpoint, measurement: m }: Measured, checked: boolean): string[] {
  const { check } = m;
  const opinions = [check?.projectedAscent.value?.toFixed(4), check?.largestEigenvalue.value?.toPrecision(4)];
  return [
    checkpointLabel(checkpoint),
    m.manifold === null ? m.convention : `${m.convention}, p = ${m.manifold}`,
    m.images < m.splitImages ? `${m.split} (part: ${m.images})` : m.split,
    m.batchNorm === 'batch' ? `batch of ${m.batchSize}` : 'running',
    m.gradient,
    m.loss.toPrecision(4),
    m.value.toFixed(4),
    ...(checked ? opinions.map((value) => value ?? '') : []),
    isSame(m) ? `${m.repeats.length} × same` : m.repeats.map((value) => value.toFixed(4)).join(' '),
    m.evaluations.slice(0, m.repeatsRun).join(' '),
    [...new Set(m.status)].join(' '),
    m.seconds.toFixed(1),
  ];
}

function isSame({ repeats, repeatsRun }: SharpnessMeasurement): boolean {
  return repeatsRun < repeats.length;
}
