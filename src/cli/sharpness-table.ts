/** The table at the end of `smoothout sharpness`. */
import type { Subject } from '../sharpness/laboratory.js';
import type { StoredMeasurement } from '../sharpness/record.js';
import { textTable } from './output.js';
import { subjectLabel } from './subject-label.js';

export interface Measured {
  readonly subject: Subject;
  readonly measurement: StoredMeasurement;
  /** The sharpness.json it is in. */
  readonly record: string;
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
  ['On generated data: nothing here compares with the paper.', ({ subject }) => subject.file.spec.synthetic],
];

export function sharpnessTable(measured: readonly Measured[]): string {
  const checked = measured.some(({ measurement }) => measurement.check !== null);
  const header = [...HEADER, ...(checked ? CHECKS : []), ...MORE];
  const right = header.flatMap((name, i) =>
    ['loss', 'sharpness', ...CHECKS, 'evaluations', 'seconds'].includes(name) ? [i] : [],
  );
  const table = textTable([header, ...measured.map((one) => row(one, checked))], right);
  const notes = NOTES.filter(([, applies]) => measured.some(applies)).map(([text]) => text);
  const files = [...new Set(measured.map(({ record }) => record))];
  return [table, '', ...notes, `Written to ${files.join(', ')}`].join('\n');
}

function row({ subject, measurement: m }: Measured, checked: boolean): string[] {
  const { check } = m;
  const opinions = [check?.projectedAscent.value.toFixed(4) ?? '', check?.largestEigenvalue.value.toPrecision(4) ?? ''];
  return [
    subjectLabel(subject),
    m.manifold === null ? m.convention : `${m.convention}, p = ${m.manifold}`,
    m.images < m.splitImages ? `${m.split} (part: ${m.images})` : m.split,
    m.batchNorm === 'batch' ? `batch of ${m.batchSize}` : 'running',
    m.gradient,
    m.loss.toPrecision(4),
    m.value.toFixed(4),
    ...(checked ? opinions : []),
    isSame(m) ? `${m.repeats.length} × same` : m.repeats.map((value) => value.toFixed(4)).join(' '),
    m.evaluations.slice(0, m.repeatsRun).join(' '),
    [...new Set(m.status)].join(' '),
    m.seconds.toFixed(1),
  ];
}

function isSame({ repeats, repeatsRun }: StoredMeasurement): boolean {
  return repeatsRun < repeats.length;
}
