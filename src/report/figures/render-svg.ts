import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { INK, LEGEND_LAYOUT, PAPER, THEME } from './theme.js';

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
