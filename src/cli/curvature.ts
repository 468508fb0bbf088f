/** `smoothout curvature`: measures checkpoints, keeps curvature.json beside each, and draws their spectra. */
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import type { CurvatureSettings } from '../analysis/curvature.js';
import type { Measured } from '../analysis/measure-checkpoint.js';
import type { CurvatureMeasurement, CurvaturePart } from '../records/curvature-record.js';
import { at } from '../support/at.js';
import { makeFolder } from '../support/files.js';
import { checkpointFileLabel, curveFileName, imageMarks, joined, writeFiles } from './curve.js';
import type { JobsOptions } from './jobs.js';
import { measureCheckpoints } from './measure-checkpoints.js';
import { addAnalysisOptions, addJobsOption, addLossOptions, choice, type LossOptions, wholeNumber } from './options.js';
import { textTable } from './output.js';
import { checkpointLabel, checkpointLabels, type NamedCheckpoint } from './session.js';

interface CurvatureOptions extends LossOptions, JobsOptions, Pick<CurvatureSettings, 'matrix' | 'top' | 'probes'> {
  readonly ckpt: string[];
  readonly density?: boolean;
  readonly perLayer?: boolean;
  readonly out: string;
  readonly name?: string;
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
  addJobsOption(addAnalysisOptions(addLossOptions(command), 'measure on the first n images of the split'))
    .option('--force', 'measure again what has been measured')
    .option('--out <folder>', 'the results folder: table and figure go to its figures', 'results')
    .option('--name <name>', 'of those files (default: after the first checkpoint and the settings)', curveFileName)
    .addHelpText('after', EXAMPLES)
    .action(async (options: CurvatureOptions) => {
      process.exitCode = await measureCheckpoints<CurvatureSettings, CurvatureMeasurement>(options, {
        event: 'curvature',
        settings: [settingsOf(options)],
        measure: (perform, request, events) => perform('curvature', request, events),
        summary,
        write: (measured) => writeFigure(measured, options),
      });
    });
}

function settingsOf(options: CurvatureOptions): CurvatureSettings {
  const { matrix, split, batchNorm, top, probes, seed, density = false, perLayer = false, images = null } = options;
  return { matrix, split, batchNorm, top, probes, seed, density, perLayer, images };
}

/** NAME.csv and NAME.svg in <out>/figures. */
async function writeFigure(
  measured: readonly Measured<CurvatureMeasurement>[],
  options: CurvatureOptions,
): Promise<string[]> {
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
function defaultName([first, ...more]: readonly NamedCheckpoint[], options: CurvatureOptions): string {
  const { matrix, split, batchNorm } = options;
  return joined([
    'curvature',
    checkpointFileLabel(first!),
    more.length > 0 && `and-${more.length}-more`,
    matrix !== 'hessian' && matrix,
    split !== 'train' && split,
    batchNorm !== 'running' && 'batch-statistics',
    ...imageMarks(options),
  ]);
}

const HEADER = ['checkpoint', 'part', 'parameters', 'loss', 'largest eigenvalue', '± residual', 'trace', '± error'];

function summary(measured: readonly Measured<CurvatureMeasurement>[]): string {
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
  return isPart ? `${table}\n\nOnly the first images of the split were measured.` : `${table}\n`;
}
