/** `smoothout sharpness --measure keskar`: Keskar et al.'s metric in one convention or in all of them. */
import type { Measured } from '../analysis/measure-checkpoint.js';
import type { AskedSharpness } from '../analysis/sharpness.js';
import { CONVENTION_NAMES, withConvention } from '../records/sharpness-conventions.js';
import type { SharpnessMeasurement } from '../records/sharpness-record.js';
import type { CheckpointsToMeasure } from './measure-checkpoints.js';
import type { LossOptions } from './options.js';
import { textTable } from './output.js';
import { checkpointLabel } from './session.js';

export interface KeskarOptions
  extends LossOptions,
    Pick<AskedSharpness, 'epsilon' | 'repeats' | 'maxIterations' | 'start' | 'gradient'> {
  readonly manifold?: number;
  readonly allConventions?: boolean;
  readonly check?: boolean;
}

export function keskarSharpness(options: KeskarOptions): CheckpointsToMeasure<AskedSharpness, SharpnessMeasurement> {
  return {
    event: 'sharpness',
    summary,
    settings: settingsOf(options),
    measure: (perform, request, events) => perform('keskar', request, events),
  };
}

function settingsOf(options: KeskarOptions): AskedSharpness[] {
  const { epsilon, repeats, split, maxIterations, start, batchNorm, gradient, seed } = options;
  const { images = null, batchSize = null, manifold = null, check = false } = options;
  const asked = { epsilon, repeats, split, maxIterations, start, batchNorm, gradient, seed };
  const settings = { ...asked, images, batchSize, manifold, check };
  return options.allConventions
    ? CONVENTION_NAMES.map((convention) => withConvention(settings, convention))
    : [settings];
}

const HEADER = ['checkpoint', 'convention', 'split', 'batch norm', 'gradient', 'loss', 'sharpness'];
const MORE = ['repeats', 'evaluations', 'ended', 'seconds'];
const CHECKS = ['by ascent', 'eigenvalue'];

/** A note where a measurement is less than its name says, or its repeats are. */
const NOTES: readonly [string, (measured: Measured<SharpnessMeasurement>) => boolean][] = [
  [
    'same: from the minimiser L-BFGS-B takes the same steps every time, so it was run once for all repeats.',
    ({ measurement }) => isSame(measurement),
  ],
  [
    'part: only the first images of the split were measured.',
    ({ measurement: { images, splitImages } }) => images < splitImages,
  ],
];

/** The table at the end, and what its words mean. */
function summary(measured: readonly Measured<SharpnessMeasurement>[]): string {
  const checked = measured.some(({ measurement }) => measurement.check !== null);
  const header = [...HEADER, ...(checked ? CHECKS : []), ...MORE];
  const numbers = ['loss', 'sharpness', ...CHECKS, 'evaluations', 'seconds'].map((name) => header.indexOf(name));
  const table = textTable([header, ...measured.map((one) => row(one, checked))], numbers);
  const notes = NOTES.filter(([, applies]) => measured.some(applies)).map(([text]) => text);
  return [table, '', ...notes].join('\n');
}

function row({ checkpoint, measurement: m }: Measured<SharpnessMeasurement>, checked: boolean): string[] {
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
