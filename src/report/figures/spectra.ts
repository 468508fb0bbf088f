/** Spectra of the loss's second derivatives: a figure for each family of groups, and of each group its lowest seed. */
import { METHOD_TITLES } from '../../config/methods.js';
import { groupBy } from '../../support/statistics.js';
import type { CurvatureRow } from '../curvatures.js';
import { familiesOf } from '../families.js';
import type { Group } from '../groups.js';
import { MATRIX_TITLES } from '../measures.js';
import { curvatureFigure } from './curvature.js';
import type { UndrawnFigure } from './drawing.js';

/** What was measured in different ways stands in different figures. */
export function spectrumFigures(rows: readonly CurvatureRow[]): UndrawnFigure[] {
  return [...groupBy(rows, ({ kind }) => kind)].flatMap(([kind, ofKind]) =>
    familiesOf(ofKind.map(({ group }) => group)).map(({ groups, heading, name }): UndrawnFigure => {
      const drawn = ofKind.filter(({ group }) => groups.includes(group));
      const { matrix, images, split } = ofKind[0].first;
      return {
        ...{
          section: 'curvature',
          name: `curvature-${name}-${kind}`,
          heading: `${MATRIX_TITLES[matrix]} of ${heading}`,
        },
        caption: `Largest eigenvalues with their residuals, and the density where it was measured, over ${images} images (${split}); of each group the lowest seed.`,
        spec: curvatureFigure(drawn.map(({ group, first }) => ({ name: nameOf(group), measurement: first }))),
      };
    }),
  );
}

function nameOf({ method: label, settings: { method, batchSize } }: Group): string {
  return `${label === method.name ? METHOD_TITLES[method.name] : label}, batch ${batchSize}`;
}
