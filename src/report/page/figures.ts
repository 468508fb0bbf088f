/** The sections of the page with the figures. */
import { FIGURE_SECTIONS, type Figure } from '../figures/figures.js';
import { inlineSvg } from '../figures/render-svg.js';
import { escapeHtml, type Html, html, raw } from './html.js';

export function figureSections(figures: readonly Figure[]): Html[] {
  return Object.entries(FIGURE_SECTIONS).flatMap(([key, title]) => {
    const drawn = figures.filter((figure) => figure.section === key);
    if (drawn.length === 0) return [];
    return html`
<section id="figures-${key}">
<h2>${title}</h2>
<div class="figures">${drawn.map(figureElement)}
</div>
</section>`;
  });
}

function figureElement({ name, heading, caption, svg }: Figure): Html {
  return html`
<figure id="${name}">
<div class="scroll" tabindex="0" role="region" aria-label="${heading}">${raw(inlineSvg(svg, escapeHtml(heading)))}</div>
<figcaption><b>${heading}.</b> ${caption} <a href="figures/${name}.svg">SVG</a></figcaption>
</figure>`;
}
