/** The spectrum of a loss's second derivatives: its largest eigenvalues, and the density of all of them. */
import type { TopLevelSpec } from 'vega-lite';
import { methodTitle } from '../../config/methods.js';
import type { CurvatureMeasurement } from '../../records/curvature-record.js';
import { at, last } from '../../support/at.js';
import { groupBy } from '../../support/statistics.js';
import { familiesOf } from '../families.js';
import { MATRIX_TITLES } from '../measures.js';
import type { CurvatureRow } from '../tables/curvature.js';
import { logAxis, nominal, quantitative, SERIES_COLOURS, SHAPES, type UndrawnFigure } from './drawing.js';

interface NamedCurvature {
  readonly name: string;
  readonly measurement: Pick<CurvatureMeasurement, 'matrix' | 'eigenvalues' | 'residuals' | 'density'>;
}

type Density = Pick<NonNullable<CurvatureMeasurement['density']>, 'nodes' | 'weights'>;

const POINTS = 400;
/** Of the spectrum's range: narrower than what separates the outliers of a network, wider than a line. */
const WIDTH = 0.01;

/** Each node as a Gaussian of its weight, so that the density is a curve that integrates to 1. */
function smoothDensity({ nodes, weights }: Density): { eigenvalue: number; density: number }[] {
  const range = last(nodes) - at(nodes, 0);
  const sigma = WIDTH * (range === 0 ? Math.max(1, Math.abs(at(nodes, 0))) : range);
  const from = at(nodes, 0) - 5 * sigma;
  const step = (last(nodes) + 5 * sigma - from) / (POINTS - 1);
  return Array.from({ length: POINTS }, (_, i) => {
    const eigenvalue = from + i * step;
    const heights = nodes.map((node, k) => at(weights, k) * Math.exp(-0.5 * ((eigenvalue - node) / sigma) ** 2));
    return { eigenvalue, density: heights.reduce((a, b) => a + b, 0) / (sigma * Math.sqrt(2 * Math.PI)) };
  });
}

/** Eigenvalues by rank with their residuals as error bars; below them the density, where it was measured. */
export function curvatureFigure(all: readonly NamedCurvature[]): TopLevelSpec {
  const names = all.map(({ name }) => name);
  const legend = { columns: 1, labelLimit: 0 } as const;
  const color = nominal('name', names, SERIES_COLOURS, legend);
  const shape = nominal('name', names, SHAPES, legend);
  const matrix = MATRIX_TITLES[all.some(({ measurement }) => measurement.matrix === 'ggn') ? 'ggn' : 'hessian'];
  const eigenvalues = all.flatMap(({ name, measurement: { eigenvalues: values, residuals } }) =>
    values.map((value, i) => ({
      ...{ name, rank: i + 1, value },
      ...{ low: value - at(residuals, i), high: value + at(residuals, i) },
    })),
  );
  const rank = quantitative('rank', { scale: { nice: false }, axis: { title: 'Rank', tickMinStep: 1 } });
  const y = (field: string) => quantitative(field, { axis: { title: `Largest eigenvalues of the ${matrix}` } });
  const spectrum = {
    height: 220,
    data: { values: eigenvalues },
    encoding: { x: rank, color },
    layer: [
      { mark: 'rule', encoding: { y: y('low'), y2: { field: 'high' } } },
      { mark: 'point', encoding: { y: y('value'), shape } },
    ],
  } satisfies TopLevelSpec;
  const densities = all.flatMap(({ name, measurement: { density } }) =>
    density === null ? [] : smoothDensity(density).map((point) => ({ name, ...point })),
  );
  if (densities.length === 0) return spectrum;
  // Below what a single eigenvalue adds there is nothing but the Gaussians' tails.
  const least = Math.max(...densities.map(({ density }) => density)) * 1e-9;
  const drawn = densities.map((point) => ({ ...point, density: point.density < least ? null : point.density }));
  const heights = drawn.map(({ density }) => density);
  const lines = {
    height: 220,
    data: { values: drawn },
    mark: 'line',
    encoding: {
      x: quantitative('eigenvalue', { axis: { title: `Eigenvalue of the ${matrix}` } }),
      y: quantitative('density', logAxis('Density of the eigenvalues', heights)),
      color,
    },
  } satisfies TopLevelSpec;
  return { vconcat: [spectrum, lines] };
}

/** A figure for each family of groups and way of measuring, with the lowest seed of each group. */
export function spectrumFigures(rows: readonly CurvatureRow[]): UndrawnFigure[] {
  return [...groupBy(rows, ({ kind }) => kind)].flatMap(([kind, ofKind]) =>
    familiesOf(ofKind.map(({ group }) => group)).map(({ groups, heading, name }): UndrawnFigure => {
      const drawn = ofKind.filter(({ group }) => groups.includes(group));
      const { matrix, images, split } = ofKind[0].first;
      return {
        section: 'curvature',
        name: `curvature-${name}-${kind}`,
        heading: `${MATRIX_TITLES[matrix]} of ${heading}`,
        caption: `Largest eigenvalues with their residuals, and the density where it was measured, over ${images} images (${split}); of each group the lowest seed.`,
        spec: curvatureFigure(
          drawn.map(({ group: { method, settings }, first: measurement }) => ({
            ...{ name: `${methodTitle(method)}, batch ${settings.batchSize}`, measurement },
          })),
        ),
      };
    }),
  );
}
