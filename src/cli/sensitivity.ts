/** `smoothout sensitivity`: a curve of loss and accuracy under noise. */
import type { Command } from 'commander';
import type { NoisyPoint } from '../analysis/sensitivity.js';
import { SmoothOutError } from '../support/errors.js';
import { groupBy } from '../support/statistics.js';
import { addCurveOptions, type CurveOptions, drawCurve, lineTable } from './curve.js';
import { numberRange } from './options.js';

interface SensitivityOptions extends CurveOptions {
  readonly ckpt: string[];
  readonly noise: number[];
}

const EXAMPLES = `
Examples:
  smoothout sensitivity --noise 0:0.02:0.002 --ckpt results/runs/c1-sb/baseline/seed-1/best.safetensors
  smoothout sensitivity --noise 0:0.02:0.002 --ckpt results/runs/c1-[sl]b/baseline/seed-1/best.safetensors --split test

For every batch of 100 images all weights are moved by noise from U(−a, a), drawn anew.`;

export function registerSensitivity(program: Command): void {
  const command = program
    .command('sensitivity')
    .description('loss and accuracy under uniform noise of growing strength (Figs. 3b, 7b and 8; Eq. 9)')
    .requiredOption('--ckpt <file...>', 'checkpoints to compare')
    .requiredOption('--noise <range>', 'strengths a: start:stop:step or a list', strengths);
  addCurveOptions(command).addHelpText('after', EXAMPLES).action(drawSensitivity);
}

function strengths(text: string): number[] {
  const values = numberRange('--noise')(text);
  const negative = values.find((a) => a < 0);
  if (negative === undefined) return values;
  throw new SmoothOutError('USAGE', `--noise ${text}: ${negative} is no strength of U(−a, a); expected 0 or more`);
}

async function drawSensitivity(options: SensitivityOptions): Promise<void> {
  const { ckpt, noise, split: splits, seed, images } = options;
  await drawCurve<'sensitivity', NoisyPoint>(options, ckpt, async (session, checkpoints, labelOf) => {
    const { measureSensitivity, NOISE_BATCH, slopes } = await import('../analysis/sensitivity.js');
    const { lossAndAccuracyFigure } = await import('../report/figures/curves.js');
    const tasks = checkpoints.flatMap((checkpoint) =>
      splits.map((split) => ({
        key: `${labelOf(checkpoint.path)}, ${split}`,
        rows: (onShare: (share: number) => void) =>
          measureSensitivity(session, checkpoint, split, { strengths: noise, seed, images, onShare }),
      })),
    );
    const pointOf = ({ a, checkpoint, ...row }: NoisyPoint) => ({ ...row, x: a, series: labelOf(checkpoint) });
    const slopesIn = (rows: readonly NoisyPoint[]) => {
      const curves = groupBy(rows, ({ checkpoint, split }) => `${checkpoint} ${split}`);
      return [...curves.values()].map((curve) => {
        const [{ checkpoint, split }] = curve;
        return { checkpoint, split, s: slopes(curve) };
      });
    };
    const slopeColumn = (rows: readonly NoisyPoint[]): string[] =>
      slopesIn(rows).flatMap(({ s }) => ['', ...s.map((slope) => slope.toPrecision(4))]);
    return {
      kind: 'sensitivity',
      settings: { noise, batchSize: NOISE_BATCH, seed, images },
      tasks,
      results: (rows) => ({ slopes: slopesIn(rows) }),
      figure: (rows) => lossAndAccuracyFigure(rows.map(pointOf), { xTitle: 'Strength of the noise, a' }),
      table: (rows) => lineTable(rows.map(pointOf), 'a', { 's = ΔC̄/Δa': slopeColumn(rows) }),
    };
  });
}
