/** `smoothout curvature`: measures checkpoints, keeps curvature.json beside each, and draws their spectra. */
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import type { CurvatureProgress, CurvatureSettings, CurvatureState } from '../analysis/curvature.js';
import type { CurvatureMeasurement, CurvaturePart } from '../records/curvature-record.js';
import type { CheckpointFile } from '../session/checkpoint-file.js';
import type { Session } from '../session/session.js';
import { at } from '../support/at.js';
import { makeFolder } from '../support/files.js';
import { checkpointFileLabel, curveFileName, writeFiles } from './curve.js';
import { type AnalysisOptions, addAnalysisOptions, addLossOptions, choice, wholeNumber } from './options.js';
import { GENERATED_NOTE, log, print, printJson, textTable } from './output.js';
import { createCurveProgress } from './progress.js';
import { checkpointLabel, checkpointLabels, inSession, openCheckpoints } from './session.js';

interface CurvatureOptions extends AnalysisOptions, Omit<CurvatureSettings, 'images' | 'density' | 'perLayer'> {
  readonly ckpt: string[];
  readonly density?: boolean;
  readonly perLayer?: boolean;
  readonly force?: boolean;
  readonly out: string;
  readonly name?: string;
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
    .addOption(choice('--matrix <name>', 'the Hessian, or the generalised Gauss–Newton matrix', 'hessian', 'ggn'))
    .addOption(wholeNumber('--top <k>', 'how many eigenvalues, the largest in size', 1, 1000).default(10))
    .addOption(wholeNumber('--probes <n>', 'random vectors for the trace', 1).default(100))
    .option('--density', 'the spectral density too')
    .option('--per-layer', 'of each layer’s own block too');
  addAnalysisOptions(addLossOptions(command), 'measure on the first n images of the split')
    .option('--force', 'measure again what has been measured')
    .option('--out <folder>', 'the results folder: table and figure go to its figures', 'results')
    .option('--name <name>', 'of those files (default: after the first checkpoint and the settings)', curveFileName)
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
  const paths = await writeFigure(measured, options);
  if (options.json) return printJson({ event: 'files', paths });
  print(summary(measured));
  print(`Written to ${paths.join(', ')}, and beside each checkpoint`);
}

/** NAME.csv and NAME.svg in <out>/figures. */
async function writeFigure(measured: readonly Measured[], options: CurvatureOptions): Promise<string[]> {
  const { curvatureCsv } = await import('../records/curvature-record.js');
  const { curvatureFigure } = await import('../report/figures/curvature.js');
  const { renderSvg } = await import('../report/figures/drawing.js');
  const checkpoints = measured.map(({ checkpoint }) => checkpoint);
  const labelOf = checkpointLabels(checkpoints);
  const { out, name = defaultName(checkpoints, options) } = options;
  const named = measured.map(({ checkpoint: { path }, measurement }) => ({
    ...{ checkpoint: path, name: labelOf(path), measurement },
  }));
  const path = join(out, 'figures', name);
  await makeFolder(dirname(path));
  return writeFiles(path, { csv: curvatureCsv(named), svg: await renderSvg(curvatureFigure(named)) });
}

/** Such as curvature-f1-lb-baseline-1-and-4-more-ggn. */
function defaultName([first, ...more]: readonly CheckpointFile[], options: CurvatureOptions): string {
  const { matrix, split, batchNorm, images, seed } = options;
  const marks = [
    ...(more.length === 0 ? [] : [`and-${more.length}-more`]),
    ...(matrix === 'hessian' ? [] : [matrix]),
    ...(split === 'train' ? [] : [split]),
    ...(batchNorm === 'running' ? [] : ['batch-statistics']),
    ...(images === undefined ? [] : [`${images}-images`]),
    ...(seed === 1 ? [] : [`seed-${seed}`]),
  ];
  return ['curvature', checkpointFileLabel(first!), ...marks].join('-');
}

async function measure(session: Session, checkpoint: CheckpointFile, options: CurvatureOptions): Promise<Measured> {
  const { measureCurvature, resolveCurvature } = await import('../analysis/curvature.js');
  const { addCurvature, answeredBefore, curvaturePath, readCurvature } = await import('../records/curvature-record.js');
  const { partialState } = await import('../records/partial-curvature.js');
  const { matrix, split, batchNorm, top, probes, seed } = options;
  const { density = false, perLayer = false, images = null, force = false, json = false } = options;
  const asked = { matrix, split, batchNorm, top, probes, seed, density, perLayer, images };
  const settings = resolveCurvature(asked, checkpoint);
  const earlier = force ? undefined : answeredBefore(await readCurvature(checkpoint), settings);
  if (earlier) log(`${checkpoint.path}: measured before (--force measures again)`);
  const { path, run, epoch } = checkpoint;
  const measurement = earlier ?? (await compute());
  if (json)
    printJson({ event: 'curvature', checkpoint: path, run, epoch, record: curvaturePath(path), ...measurement });
  return { checkpoint, measurement };

  async function compute(): Promise<CurvatureMeasurement> {
    const progress = createCurveProgress(checkpointLabel(checkpoint), 1);
    const onProgress = ({ done, total, what }: CurvatureProgress): void => progress.show(done / total, what);
    const partial = partialState<CurvatureState>(path, { ...settings, sha256: checkpoint.sha256 });
    const run = { onProgress, from: force ? null : await partial.read(), save: partial.write };
    const result = await measureCurvature(session, checkpoint, settings, run).finally(progress.stop);
    await addCurvature(checkpoint, result);
    await partial.remove();
    return result;
  }
}

const HEADER = ['checkpoint', 'part', 'parameters', 'loss', 'largest eigenvalue', '± residual', 'trace', '± error'];

function summary(measured: readonly Measured[]): string {
  const rows = measured.flatMap(({ checkpoint, measurement: m }) => {
    const row = (name: string, parameters: number, part: CurvaturePart) => [
      checkpointLabel(checkpoint),
      name,
      `${parameters}`,
      m.loss.toPrecision(4),
      at(part.eigenvalues, 0).toPrecision(5),
      at(part.residuals, 0).toExponential(0),
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
