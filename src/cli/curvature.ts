/** `smoothout curvature`: measures checkpoints, prints a table and keeps curvature.json beside each. */
import { type Command, Option } from 'commander';
import type { CurvatureSettings } from '../analysis/curvature.js';
import type { CurvatureMeasurement, CurvaturePart } from '../records/curvature-record.js';
import type { CheckpointFile } from '../session/checkpoint-file.js';
import type { Session } from '../session/session.js';
import { type AnalysisOptions, addAnalysisOptions, wholeNumber } from './options.js';
import { GENERATED_NOTE, log, print, printJson, textTable } from './output.js';
import { createCurveProgress } from './progress.js';
import { checkpointLabel, inSession, openCheckpoints } from './session.js';

interface CurvatureOptions extends AnalysisOptions, Omit<CurvatureSettings, 'images' | 'density' | 'perLayer'> {
  readonly ckpt: string[];
  readonly density?: boolean;
  readonly perLayer?: boolean;
  readonly force?: boolean;
}

interface Measured {
  readonly checkpoint: CheckpointFile;
  readonly measurement: CurvatureMeasurement;
}

const EXAMPLES = `
Examples:
  smoothout curvature --ckpt results/runs/f1-lb/baseline/seed-1/best.safetensors --images 10000
  smoothout curvature --ckpt results/runs/f1-[sl]b/*/seed-1/best.safetensors --matrix ggn --density
  smoothout curvature --ckpt best.safetensors --per-layer --top 3 --probes 20

docs/curvature.md says what each number means and what it costs.`;

export function registerCurvature(program: Command): void {
  const command = program
    .command('curvature')
    .description('measure eigenvalues, trace and spectral density of the loss’s second derivatives')
    .requiredOption('--ckpt <file...>', 'checkpoints to measure')
    .addOption(
      new Option('--matrix <name>', 'the Hessian, or the generalised Gauss–Newton matrix')
        .choices(['hessian', 'ggn'])
        .default('hessian'),
    )
    .option('--top <k>', 'how many eigenvalues, the largest in size', wholeNumber('--top', 1, 1000), 10)
    .option('--probes <n>', 'random vectors for the trace', wholeNumber('--probes', 1), 100)
    .option('--density', 'the spectral density too')
    .option('--per-layer', 'of each layer’s own block too')
    .addOption(new Option('--split <name>', 'whose loss is measured').choices(['train', 'test']).default('train'))
    .addOption(
      new Option('--batch-norm <mode>', 'with running statistics or those of each batch')
        .choices(['running', 'batch'])
        .default('running'),
    );
  addAnalysisOptions(command, 'measure on the first n images of the split')
    .option('--force', 'measure again what has been measured')
    .addHelpText('after', EXAMPLES)
    .action(measureAll);
}

async function measureAll(options: CurvatureOptions): Promise<void> {
  const measured = await inSession(options, async (session) => {
    const checkpoints = await openCheckpoints(session, options.ckpt, options.config);
    const all: Measured[] = [];
    for (const checkpoint of checkpoints) all.push(await measure(session, checkpoint, options));
    return all;
  });
  if (!options.json) print(summary(measured));
}

async function measure(session: Session, checkpoint: CheckpointFile, options: CurvatureOptions): Promise<Measured> {
  const { measureCurvature, resolveCurvature } = await import('../analysis/curvature.js');
  const { addCurvature, answeredBefore, curvaturePath, readCurvature } = await import('../records/curvature-record.js');
  const { density = false, perLayer = false, images = null, force = false, json = false } = options;
  const settings = resolveCurvature({ ...settingsOf(options), density, perLayer, images }, checkpoint);
  const earlier = force ? undefined : answeredBefore(await readCurvature(checkpoint), settings);
  if (earlier) log(`${checkpoint.path}: measured before (--force measures again)`);
  const measurement = earlier ?? (await compute());
  const { path, run, epoch } = checkpoint;
  if (json)
    printJson({ event: 'curvature', checkpoint: path, run, epoch, record: curvaturePath(path), ...measurement });
  return { checkpoint, measurement };

  async function compute(): Promise<CurvatureMeasurement> {
    const progress = createCurveProgress(checkpointLabel(checkpoint), 1);
    const onProgress = ({ done, total, what }: { done: number; total: number; what: string }): void =>
      progress.show(done / total, what);
    const result = await measureCurvature(session, checkpoint, settings, onProgress).finally(progress.stop);
    await addCurvature(checkpoint, result);
    return result;
  }
}

function settingsOf({ matrix, split, batchNorm, top, probes, seed }: CurvatureOptions) {
  return { matrix, split, batchNorm, top, probes, seed };
}

const HEADER = ['checkpoint', 'part', 'parameters', 'loss', 'largest eigenvalue', '± residual', 'trace', '± error'];

function summary(measured: readonly Measured[]): string {
  const rows = measured.flatMap(({ checkpoint, measurement: m }) => {
    const row = (name: string, parameters: number, part: CurvaturePart) => [
      checkpointLabel(checkpoint),
      name,
      `${parameters}`,
      m.loss.toPrecision(4),
      part.eigenvalues[0]!.toPrecision(5),
      part.residuals[0]!.toExponential(0),
      part.trace.toPrecision(5),
      part.traceError?.toPrecision(2) ?? '',
    ];
    const layers = (m.layers ?? []).map((layer) => row(layer.name, layer.parameters, layer));
    return [row(m.matrix === 'ggn' ? 'Gauss–Newton' : 'Hessian', m.parameters, m), ...layers];
  });
  const table = textTable([HEADER, ...rows], [2, 3, 4, 5, 6, 7]);
  const isPart = measured.some(({ measurement: { images, splitImages } }) => images < splitImages);
  const notes = [
    ...(isPart ? ['Only the first images of the split were measured.'] : []),
    ...(measured.some(({ checkpoint }) => checkpoint.spec.synthetic) ? [GENERATED_NOTE] : []),
  ];
  return [table, '', ...notes].join('\n');
}
