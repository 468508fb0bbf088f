/** What all figures share: their look, their scales and logarithmic axes, and the rendering to SVG. */
import type { Config as VegaConfig } from 'vega';
import * as vega from 'vega';
import { type Config, compile, type TopLevelSpec } from 'vega-lite';
import { at, last } from '../../support/at.js';
import type { Estimate } from '../../support/statistics.js';

/** The colour of text and axes. The page replaces it by its own text colour, so no data may use it. */
export const INK = '#1d1d1f';
const PAPER = '#ffffff';

/** Close to the two colours of the authors' figures; lines of both stand out, 3 to 1, on white and on near-black. */
export const BLUE = '#4471c4';
export const ORANGE = '#d9681d';
/** A third and a fourth series, apart from those two in lightness as well as in hue. */
export const SERIES_COLOURS = [BLUE, ORANGE, '#3c9a5f', '#a05fb0'] as const;

/** So that series can be told apart in black and white too. Seven of them with four colours are 28 different marks. */
export const SHAPES = [
  'circle',
  'square',
  'triangle-up',
  'diamond',
  'cross',
  'triangle-down',
  'triangle-right',
] as const;
export const DASHES: readonly number[][] = [
  [1, 0],
  [5, 3],
  [1, 2],
  [8, 2, 1, 2],
];

/** As legends and captions call them. */
export const SPLIT_TITLES = { train: 'training set', test: 'test set' } as const;

const text = {
  labelColor: INK,
  titleColor: INK,
  labelFontSize: 11,
  titleFontSize: 12,
  titleFontWeight: 'normal',
} as const;

/** One look for every figure: generic fonts, thin axes, a pale grid, no frame. */
const THEME: Config = {
  background: PAPER,
  font: 'sans-serif',
  aria: false,
  padding: 6,
  view: { stroke: null, continuousWidth: 420 },
  axis: { ...text, domainColor: INK, tickColor: INK, gridColor: '#8a8a8e', gridOpacity: 0.25, titlePadding: 8 },
  axisX: { grid: false },
  legend: { ...text, title: null, orient: 'top', columns: 2, symbolStrokeColor: INK, symbolSize: 60, labelLimit: 220 },
  header: { labelColor: INK, titleColor: INK, labelFontSize: 12 },
  title: { color: INK, fontSize: 13, fontWeight: 'normal', anchor: 'start', subtitleColor: INK },
  // What a logarithmic axis cannot show is null: a gap in a line, and no mark.
  line: { strokeWidth: 1.6, invalid: 'break-paths-show-domains' },
  point: { size: 28, strokeWidth: 1.3, filled: true, opacity: 1, invalid: 'filter' },
};

/** Legends above one another. Vega-Lite's own configuration has no key for this. */
const LEGEND_LAYOUT: VegaConfig = {
  legend: { layout: { top: { direction: 'vertical', anchor: 'start', margin: 4 } } },
};

/**
 * The labelled values of a logarithmic axis over `values`: powers of ten, every second or third of them where there would
 * be more than eight, and 1–2–5 steps where the data span less than two decades. The first and the last enclose the data,
 * so they are the axis's domain as well. Empty for no positive finite value.
 */
export function logTicks(values: readonly (number | null)[]): number[] {
  const positive = values.filter((value): value is number => value !== null && value > 0 && Number.isFinite(value));
  if (positive.length === 0) return [];
  const least = positive.reduce((low, value) => Math.min(low, value));
  const greatest = positive.reduce((high, value) => Math.max(high, value));
  const first = Math.floor(Math.log10(least));
  const last = Math.ceil(Math.log10(greatest));
  if (last - first <= 2) {
    const exponents = Array.from({ length: last - first + 2 }, (_, i) => first + i);
    const all = exponents.flatMap((exponent) => [1, 2, 5].map((factor) => Number(`${factor}e${exponent}`)));
    const from = all.findLastIndex((tick) => tick <= least);
    const to = all.findIndex((tick) => tick >= greatest);
    // One value, exactly on a tick, still needs an axis of some length.
    return all.slice(from, Math.max(to, from + 1) + 1);
  }
  const stride = Math.ceil((last - first) / 8);
  const decades = Math.ceil((last - first) / stride);
  return Array.from({ length: decades + 1 }, (_, i) => Number(`1e${first + i * stride}`));
}

/** What of a loss a logarithmic axis can show; null leaves a gap. */
export const loggable = (loss: number): number | null => (loss > 0 && Number.isFinite(loss) ? loss : null);

/** Scale and axis over `values`, from the first tick to the last. */
export function logAxis(title: string, values: readonly (number | null)[]) {
  const ticks = logTicks(values);
  const domain = ticks.length === 0 ? {} : { domain: [at(ticks, 0), last(ticks)] };
  return {
    scale: { type: 'log' as const, ...domain },
    axis: { title, values: ticks, labelExpr: 'format(datum.value, "~g")' },
  };
}

/** Numbers of a field, on the axis. */
export const quantitative = <Rest extends object>(field: string, rest: Rest) =>
  ({ field, type: 'quantitative', ...rest }) as const;

/** Names of a field, each shown as one of `range`, which starts anew where the names are more. */
export function nominal<T, Legend extends object | null = object>(
  field: string,
  names: readonly string[],
  range: readonly T[],
  legend?: Legend,
) {
  const scale = { domain: [...names], range: names.map((_, i) => at(range, i % range.length)) };
  return { field, type: 'nominal', scale, ...(legend !== undefined && { legend }) } as const;
}

/** The ends of a mean's 95 % interval: the mean itself where there is one seed. */
export const ends = ({ mean, ci95 }: Pick<Estimate, 'mean' | 'ci95'>) =>
  ({ low: mean - (ci95 ?? 0), high: mean + (ci95 ?? 0) }) as const;

/** From `low` to `high`, as a bar or a shaded range. */
export const INTERVAL = { y: quantitative('low', {}), y2: { field: 'high' } } as const;

/** The legend of lines that differ in their dashes. */
export const LINE_LEGEND = {
  symbolType: 'M-2,0L2,0',
  symbolSize: 200,
  symbolStrokeColor: INK,
  labelOffset: 14,
} as const;

/** The sections of figures on the page, in their order. */
export const FIGURE_SECTIONS = {
  batchSize: 'Accuracy against batch size',
  sharpness: 'Sharpness against the generalisation gap',
  curvature: 'Spectra of the second derivatives',
  strength: 'Error against the strength of the noise',
  paper: 'The figures of the paper',
  training: 'Training curves',
  curves: 'Other curves around minima',
} as const;

export interface Figure {
  readonly section: keyof typeof FIGURE_SECTIONS;
  /** Of the file, without `.svg`. */
  readonly name: string;
  readonly heading: string;
  readonly caption: string;
  readonly svg: string;
}

export type UndrawnFigure = Omit<Figure, 'svg'> & { readonly spec: TopLevelSpec };

/** Draws them one after the other: the ids that Vega counts up are the process's, not the figure's. */
export async function drawAll(undrawn: readonly UndrawnFigure[]): Promise<Figure[]> {
  const figures: Figure[] = [];
  const names = new Map<string, number>();
  for (const { spec, ...figure } of undrawn) {
    const name = numbered(names, figure.name, (count) => `${figure.name}-${count}`);
    figures.push({ ...figure, name, svg: await renderSvg(spec) });
  }
  return figures;
}

/** The name, or from its second time on what `again` makes of the count. */
export function numbered(seen: Map<string, number>, name: string, again: (count: number) => string): string {
  const count = (seen.get(name) ?? 0) + 1;
  seen.set(name, count);
  return count === 1 ? name : again(count);
}

/**
 * Renders a Vega-Lite figure as the text of a standalone SVG file, in this project's look.
 *
 * The same spec gives the same bytes: text widths are estimated rather than measured with the machine's fonts, and the
 * ids of clip paths, which Vega counts up over the life of the process, start anew with each figure.
 */
export async function renderSvg(spec: TopLevelSpec): Promise<string> {
  const { spec: compiled } = compile(spec, { config: THEME });
  const view = new vega.View(vega.parse(compiled, LEGEND_LAYOUT), { renderer: 'none', logLevel: vega.Error });
  try {
    vega.resetSVGDefIds();
    return `${rounded(await view.toSVG())}\n`;
  } finally {
    view.finalize();
  }
}

/** Coordinates to a hundredth of a pixel: a third of the size, and no last digit that another processor may round otherwise. */
function rounded(svg: string): string {
  return svg.replace(/<[^>]*>/g, (tag) =>
    tag.replace(/\d+\.\d{3,}(e-\d+)?/g, (number) => `${Number(Number(number).toFixed(2))}`),
  );
}

/** A figure as a part of a page: in the page's own text colour on its own background, and with a name for screen readers. */
export function inlineSvg(svg: string, label: string): string {
  return svg
    .trimEnd()
    .replace('<svg ', `<svg role="img" aria-label="${label}" `)
    .replace(new RegExp(`<rect [^>]*fill="${PAPER}"[^>]*/?>(</rect>)?`), '')
    .replaceAll(`"${INK}"`, '"currentColor"');
}
