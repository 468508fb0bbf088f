import type { Problem } from '../problem.js';
import { type Html, html } from './html.js';

/** What was left out of the page, and why; nothing where all is well. */
export function problemsSection(problems: readonly Problem[]): Html | null {
  if (problems.length === 0) return null;
  return html`
<section id="problems">
<h2>Left out, or to be read with care</h2>
<ul>${problems.map(
    ({ where, what }) => html`
<li><code>${where}</code>: ${what}.</li>`,
  )}
</ul>
</section>`;
}
