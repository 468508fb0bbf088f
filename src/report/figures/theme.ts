import type { Config as VegaConfig } from 'vega';
import type { Config } from 'vega-lite';

/** The colour of text and axes. The page replaces it by its own text colour, so no data may use it. */
export const INK = '#1d1d1f';
export const PAPER = '#ffffff';

/** Close to the two colours of the authors' figures; lines of both stand out, 3 to 1, on white and on near-black. */
export const BLUE = '#4471c4';
export const ORANGE = '#d9681d';
/** A third and a fourth series, apart from those two in lightness as well as in hue. */
export const SERIES_COLOURS = [BLUE, ORANGE, '#3c9a5f', '#a05fb0'] as const;

/** So that series can be told apart in black and white too. */
export const SHAPES = ['circle', 'square', 'triangle-up', 'diamond', 'cross', 'triangle-down'] as const;
export const DASHES = [
  [1, 0],
  [5, 3],
  [1, 2],
  [8, 2, 1, 2],
] as const;

const text = {
  labelColor: INK,
  titleColor: INK,
  labelFontSize: 11,
  titleFontSize: 12,
  titleFontWeight: 'normal',
} as const;

/** One look for every figure: generic fonts, thin axes, a pale grid, no frame. */
export const THEME: Config = {
  background: PAPER,
  font: 'sans-serif',
  aria: false,
  padding: 6,
  view: { stroke: null },
  axis: { ...text, domainColor: INK, tickColor: INK, gridColor: '#8a8a8e', gridOpacity: 0.25, titlePadding: 8 },
  legend: {
    ...text,
    symbolStrokeColor: INK,
    symbolSize: 60,
    labelLimit: 220,
  },
  header: { labelColor: INK, titleColor: INK, labelFontSize: 12 },
  title: { color: INK, fontSize: 13, fontWeight: 'normal', anchor: 'start', subtitleColor: INK },
  line: { strokeWidth: 1.6 },
  point: { size: 28, strokeWidth: 1.3 },
};

/** Legends above one another. Vega-Lite's own configuration has no key for this. */
export const LEGEND_LAYOUT: VegaConfig = {
  legend: { layout: { top: { direction: 'vertical', anchor: 'start', margin: 4 } } },
};
