/** What was measured as tables in Markdown. */
import { at } from '../../src/support/at.js';
import { kindOf, type Machine } from './machine.js';
import type { Result } from './measure.js';
import type { Results } from './results.js';

interface Column {
  readonly heading: string;
  readonly cell: (result: Result) => string;
}

export function tables({ machine, measurements }: Results): string {
  const dates = measurements.map(({ date }) => date).sort();
  const period = [...new Set([dates[0], dates.at(-1)])].join(' to ');
  const parts = TABLES.flatMap(({ kind, title, columns }) => {
    const rows = measurements.filter((result) => result.kind === kind);
    return rows.length === 0 ? [] : [`#### ${title}`, markdownTable(rows, columns)];
  });
  return [`### ${kindOf(machine)}`, `Measured ${period} on ${describe(machine)}.`, ...parts].join('\n\n');
}

const first = (heading: string): Column => ({ heading, cell: ({ title }) => title });
const OURS: Column = { heading: 'ours', cell: ({ ours }) => count(ours.median) };
/** The other side, and our speed over its. */
const beside = (heading: string, side: 'pytorch' | 'installed' | 'tensorflow'): [theirs: Column, ratio: Column] => [
  { heading, cell: ({ [side]: theirs }) => (theirs ? count(theirs.median) : '') },
  {
    heading: 'ratio',
    cell: ({ ours, [side]: theirs }) => (theirs ? (ours.median / theirs.median).toFixed(2) : ''),
  },
];
const PYTORCH = beside('PyTorch', 'pytorch');
const INSTALLED = beside('PyTorch as installed', 'installed');
const TENSORFLOW = beside('`--engine tensorflow`', 'tensorflow');
const AIM: Column = {
  heading: 'aim',
  cell: ({ aim, pytorch }) => (aim !== null && pytorch ? `≥ ${aim.toFixed(2)}` : ''),
};
const OURS_SHARE: Column = { heading: 'ours, of peak', cell: (result) => share(result, result.ours.median) };
const PYTORCH_SHARE: Column = { heading: 'PyTorch, of peak', cell: (result) => share(result, result.pytorch?.median) };
const OURS_MEMORY: Column = { heading: 'our memory', cell: ({ ours }) => gibibytes(ours.peakBytes) };
const PYTORCH_MEMORY: Column = {
  heading: "PyTorch's memory",
  cell: ({ pytorch }) => gibibytes(pytorch?.peakBytes ?? null),
};
const SETTING: Column = { heading: "PyTorch's settings", cell: ({ pytorch }) => pytorch?.setting ?? '' };
const COMPILING: Column = {
  heading: 'compiling',
  cell: ({ ours }) => (ours.compileSeconds === null ? '' : `${ours.compileSeconds.toFixed(2)} s`),
};
const OVER_BASELINE: Column = {
  heading: "step over the baseline's",
  cell: ({ ours, baseline }) => (baseline ? (baseline.median / ours.median).toFixed(3) : ''),
};
const METHOD_AIM: Column = { heading: 'aim', cell: ({ aim }) => (aim === null ? '' : `≤ ${aim.toFixed(2)}`) };

const COMPARED = [
  OURS,
  ...PYTORCH,
  AIM,
  ...INSTALLED,
  ...TENSORFLOW,
  OURS_SHARE,
  PYTORCH_SHARE,
  OURS_MEMORY,
  PYTORCH_MEMORY,
];

const TABLES: readonly { kind: Result['kind']; title: string; columns: readonly Column[] }[] = [
  { kind: 'product', title: 'The peak, GFLOP/s', columns: [first(''), OURS, ...PYTORCH, SETTING] },
  {
    kind: 'step',
    title: 'A training step of the baseline, images/s',
    columns: [first('network'), ...COMPARED, COMPILING, SETTING],
  },
  {
    kind: 'method',
    title: "A training step of the paper's methods, images/s",
    columns: [first('network and method'), OURS, OVER_BASELINE, METHOD_AIM, ...PYTORCH, SETTING],
  },
  {
    kind: 'gradient',
    title: 'Loss and gradient of the sharpness stage, images/s',
    columns: [first('network'), ...COMPARED, SETTING],
  },
  {
    kind: 'channelsLast',
    title: "The baseline's step with PyTorch's memory format `channels_last`, images/s",
    columns: [first('network'), OURS, ...PYTORCH, OURS_MEMORY, PYTORCH_MEMORY, SETTING],
  },
];

/** Columns of equal width; all but the first aligned to the right. */
function markdownTable(rows: readonly Result[], columns: readonly Column[]): string {
  const used = columns.filter(({ cell }, i) => i === 0 || rows.some((row) => cell(row) !== ''));
  const cells = [used.map(({ heading }) => heading), ...rows.map((row) => used.map(({ cell }) => cell(row)))];
  const widths = used.map((_, i) => Math.max(3, ...cells.map((row) => at(row, i).length)));
  const line = (row: readonly string[]) => {
    return `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(at(widths, i)) : cell.padStart(at(widths, i)))).join(' | ')} |`;
  };
  const rule = widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(at(cells, 0)), line(rule), ...cells.slice(1).map(line)].join('\n');
}

function describe({ processor, cores, instructions, memoryGiB, platform, versions }: Machine): string {
  const parts = [processor, `${cores} cores`, ...instructions, `${memoryGiB} GiB`, platform];
  const known = Object.entries(versions).filter(([, version]) => version !== null);
  return `${parts.join(', ')}; ${known.map(([name, version]) => `${name} ${version}`).join(', ')}`;
}

const count = (value: number) => (value < 1000 ? value.toPrecision(3) : Math.round(value).toLocaleString('en'));

const gibibytes = (bytes: number | null) => (bytes === null ? '' : `${(bytes / 2 ** 30).toFixed(2)} GiB`);

/** What is done with the arithmetic that the network needs, whatever arithmetic is really done. */
function share({ operations, peak }: Result, imagesPerSecond: number | undefined): string {
  if (peak === null || imagesPerSecond === undefined) return '';
  return `${Math.round((imagesPerSecond * operations) / peak / 1e7)} %`;
}
