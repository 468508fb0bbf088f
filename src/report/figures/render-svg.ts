import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { INK, PAPER, THEME } from './theme.js';

/**
 * Renders a Vega-Lite figure as the text of a standalone SVG file, in this project's look.
 *
 * The same spec gives the same bytes: text widths are estimated rather than measured with the machine's fonts, and the
 * ids of clip paths, which Vega counts up over the life of the process, start anew with each figure.
 */
export async function renderSvg(spec: TopLevelSpec): Promise<string> {
  const { spec: compiled } = compile(spec, { config: THEME });
  const view = new vega.View(vega.parse(compiled), { renderer: 'none' });
  try {
    vega.resetSVGDefIds();
    return `${await view.toSVG()}\n`;
  } finally {
    view.finalize();
  }
}

/** A figure as a part of a page: in the page's own text colour on its own background, and with a name for screen readers. */
export function inlineSvg(svg: string, label: string): string {
  return svg
    .trimEnd()
    .replace('<svg ', `<svg role="img" aria-label="${label}" `)
    .replace(new RegExp(`<rect [^>]*fill="${PAPER}"[^>]*/?>(</rect>)?`), '')
    .replaceAll(`"${INK}"`, '"currentColor"');
}
