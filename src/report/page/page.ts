/** report.html: its look, and its sections other than the tables of results. */
import { createHash } from 'node:crypto';
import { METHOD_TITLES } from '../../config/methods.js';
import { FIGURE_SECTIONS, type Figure, inlineSvg } from '../figures/drawing.js';
import { describeGroup, type Group, seedList } from '../groups.js';
import { PAPER_ROWS } from '../paper.js';
import type { Results } from '../results.js';
import type { Problem } from '../runs.js';
import { anchorOf } from '../tables/columns.js';
import { seedsTable } from '../tables/runs.js';
import type { Table } from '../tables/table.js';
import { allTables, type Tables } from '../tables/tables.js';
import { escapeHtml, type Html, html, raw, section } from './html.js';

/** The page's look: that of a paper's appendix, in the reader's own light or dark, down to the width of a phone. */
const STYLE = `
:root {
  color-scheme: light dark;
  --ink: #1d1d1f; --faint: #63636b; --paper: #ffffff; --rule: #d5d5da; --strong-rule: #1d1d1f;
  --tint: #f4f5f8; --link: #2f5bb0; --mark: #8a4b00; --mark-tint: #fff1dc;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e6e6ea; --faint: #a0a0aa; --paper: #15161a; --rule: #33353d; --strong-rule: #b4b4bd;
    --tint: #1d1f26; --link: #8fb2f5; --mark: #ffc878; --mark-tint: #3a2c14;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2.5rem 1.25rem 4rem; max-width: 84rem;
  background: var(--paper); color: var(--ink);
  font: 1rem/1.5 Charter, 'Bitstream Charter', 'Iowan Old Style', Georgia, serif;
}
h1 { margin: 0 0 .5rem; font-size: 1.9rem; font-weight: 600; line-height: 1.2; }
h2 { margin: 3rem 0 .75rem; font-size: 1.25rem; font-weight: 600; }
p, dl, ul { max-width: 46rem; }
a { color: var(--link); text-underline-offset: .15em; }
a:focus-visible, button:focus-visible, summary:focus-visible, .scroll:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
nav a { margin-right: 1rem; }
dl { max-width: none; columns: 32rem 2; column-gap: 3rem; font-size: .93rem; }
dl div { break-inside: avoid; padding-bottom: .75rem; }
dt { font-weight: 600; }
dd { margin: 0; }
.scroll { overflow-x: auto; margin: 0 0 1.25rem; }
table, pre, code, nav, summary, figcaption, .n, .mark { font-family: system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', Arial, sans-serif; }
pre, code { font-family: ui-monospace, 'SFMono-Regular', Menlo, Consolas, 'Liberation Mono', monospace; font-size: .85em; }
pre { overflow-x: auto; margin: .75rem 0; padding: .75rem 1rem; background: var(--tint); border-radius: .35rem; line-height: 1.45; }
table { border-collapse: collapse; font-size: .84rem; font-variant-numeric: tabular-nums; line-height: 1.35; }
thead { border-top: 1.5px solid var(--strong-rule); border-bottom: 1px solid var(--strong-rule); }
tbody { border-bottom: 1.5px solid var(--strong-rule); }
tbody tr + tr { border-top: 1px solid var(--rule); }
th, td { padding: .35rem .6rem; text-align: left; vertical-align: top; }
td { white-space: nowrap; }
td.wrap { white-space: normal; min-width: 11rem; }
th:first-child, td:first-child { position: sticky; left: 0; background: var(--paper); }
th { font-weight: 600; vertical-align: bottom; }
.groups th { padding-bottom: .1rem; border-bottom: 1px solid var(--rule); text-align: center; }
.number, .number button { text-align: right; }
.paper { color: var(--faint); background: var(--tint); }
.n { display: block; color: var(--faint); font-size: .85em; }
.after, .empty { color: var(--faint); }
td .after { display: block; font-size: .85em; }

.mark { display: inline-block; padding: 0 .35em; border-radius: .25em; background: var(--mark-tint); color: var(--mark); font-size: .88em; }
th button { all: unset; cursor: pointer; display: inline-block; padding: .15rem 0; }
th button::after { content: '\\2195'; margin-left: .3em; opacity: .35; font-weight: 400; }
th[aria-sort=ascending] button::after { content: '\\2191'; opacity: 1; }
th[aria-sort=descending] button::after { content: '\\2193'; opacity: 1; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 33rem), 1fr)); gap: 1.5rem 2rem; align-items: start; }
figure { margin: 0; min-width: 0; }
figure .scroll { margin: 0; }
figure svg { display: block; max-width: 100%; min-width: 28rem; height: auto; }
figcaption { color: var(--faint); font-size: .86rem; }
figcaption b { color: var(--ink); font-weight: 600; }
details { border-top: 1px solid var(--rule); }
details:last-of-type { border-bottom: 1px solid var(--rule); }
summary { padding: .55rem 0; cursor: pointer; font-size: .92rem; font-weight: 600; }
summary .after { font-weight: 400; }
footer { margin-top: 3rem; color: var(--faint); font-size: .86rem; }
@media (max-width: 40rem) {
  body { padding: 1.25rem .9rem 3rem; }
  h1 { font-size: 1.5rem; }
  th, td { padding: .3rem .45rem; }
}
@media print {
  body { max-width: none; padding: 0; }
  th button::after { content: none; }
  .scroll { overflow: visible; }
  figure, tr { break-inside: avoid; }
}
`;

/**
 * The script that tables need: makes a table sortable by the buttons in its header. A press sorts ascending, the next
 * descending, the third restores the paper's order; `aria-sort` says which. Empty cells stay last either way.
 */
const SORT_SCRIPT = `
for (const table of document.querySelectorAll('table.sortable')) {
  const body = table.tBodies[0];
  const original = [...body.rows];
  const buttons = [...table.querySelectorAll('th button')];
  const key = (row, column) => row.cells[column].dataset.sort ?? row.cells[column].textContent.trim();
  const compare = (a, b) => (isNaN(a) || isNaN(b) ? a.localeCompare(b, 'en', { numeric: true }) : a - b);
  buttons.forEach((button, column) => {
    button.addEventListener('click', () => {
      const header = button.closest('th');
      const next = { none: 'ascending', ascending: 'descending', descending: 'none' }[header.getAttribute('aria-sort')];
      for (const other of buttons) other.closest('th').setAttribute('aria-sort', 'none');
      header.setAttribute('aria-sort', next);
      const sign = next === 'descending' ? -1 : 1;
      const rows = next === 'none' ? original : [...original].sort((left, right) => {
        const a = key(left, column);
        const b = key(right, column);
        return a === '' || b === '' ? (a === '') - (b === '') : sign * compare(a, b);
      });
      body.append(...rows);
    });
  });
}
`;

const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Nothing may be fetched, and nothing run but the script that is written here. */
const POLICY = `default-src 'none'; style-src ${hash(STYLE)}; script-src ${hash(SORT_SCRIPT)}; img-src data:; base-uri 'none'; form-action 'none'`;

/** report.html: one self-contained document. It depends on the results alone, so the same runs give the same bytes. */
export function reportPage(results: Results, tables: Tables, figures: readonly Figure[]): string {
  const { cells, outside, problems } = results;
  const sections = (of: readonly Table[]) => of.map(({ section }) => section);
  const files = allTables(tables).flatMap(({ name, csv }) => (csv === null ? [] : html` <code>${name}.csv</code>`));
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>SmoothOut, reproduced: Tables 1–3</title>
<link rel="icon" href="data:,">
<style>${raw(STYLE)}</style>
</head>
<body>${introduction(results, allTables(tables))}
<main>${tables.claims.section}${readingSection()}${sections(tables.results)}${figureSections(figures)}${sections(tables.evidence)}${provenanceSection([...cells.placed, ...outside])}${problemsSection(problems)}
</main>
<footer>Written by <code>smoothout report</code>. The same numbers for a program:${files}.</footer>
<script>${raw(SORT_SCRIPT)}</script>
</body>
</html>
`;
  return page.html;
}

/** What is shown, how to read it, and how much of it there is. */
function introduction({ cells, outside, runs }: Results, tables: readonly Table[]): Html {
  const reported = PAPER_ROWS.flatMap(({ results }) => Object.keys(results)).length;
  const groups = cells.placed.length + outside.length;
  const links = [
    ...tables.flatMap(({ name, link, section }) => (section === null ? [] : [[name, link]])),
    ...(groups > 0 ? [['provenance', 'Settings']] : []),
  ];
  return html`
<header>
<h1>SmoothOut, reproduced</h1>
<p class="lead">Tables 1–3 of Wen et al., <cite>SmoothOut: Smoothing Out Sharp Minima for Generalization in Large-Batch Deep
Learning</cite> (arXiv 1805.07898 v1, 2018), beside what was measured here: ${cells.placed.length} of the paper's ${reported}
results. Runs read: ${runs.length}; groups that differ by the seed alone: ${groups}.</p>
<nav aria-label="Sections">${links.map(([id, text]) => html`<a href="#${id}">${text}</a> `)}</nav>
</header>`;
}

function readingSection(): Html {
  const terms = html`<dl>
<div><dt>Accuracy</dt>
<dd>Top-1 on the test set, percent: the mean over n seeds ± the half-width of its 95 % Student-t interval. “Best
epoch” is chosen on the test set itself, as in the paper, and so a little too good; “last epoch” is not chosen at all. The
paper's numbers are single runs.</dd></div>
<div><dt>Improvement, gap</dt>
<dd>Differences in percentage points, with their 95 % interval: seed by seed where both sides have the same seeds,
else by Welch's method (“unpaired”). In bold: the interval leaves out zero.</dd></div>
<div><dt>Sharpness</dt>
<dd>100 · (max f − f) / (1 + f) over the box |z<sub>i</sub>| ≤ ε (|x<sub>i</sub>| + 1), ε = 5·10<sup>−4</sup>, at most ten
iterations of L-BFGS-B, the largest of its repeats; then the mean over n seeds. It depends on what is left open here, so three
conventions stand side by side. <b>As defined</b>: training set, running batch statistics. <b>Keskar's</b>: training set,
statistics of each batch. <b>Authors' code</b>: test set, running statistics, and a gradient of the wrong sign, with which
the search often ends where it began and reports 0; the paper's column comes from that code.</dd></div>
<div><dt>Methods</dt>
<dd>${METHOD_TITLES.smoothout}: the gradient is taken at w + θ, θ uniform on [−a, a]. ${METHOD_TITLES.adasmoothout}: θ scaled by
the norm of each filter. The paper gives a for no experiment; the values used stand under <a href="#provenance">Settings and
commands</a>.</dd></div>
</dl>`;
  return section('reading', 'How to read the tables', terms);
}

function figureSections(figures: readonly Figure[]): Html[] {
  return Object.entries(FIGURE_SECTIONS).flatMap(([key, title]) => {
    const drawn = figures.filter((figure) => figure.section === key);
    if (drawn.length === 0) return [];
    const grid = html`<div class="figures">${drawn.map(figureElement)}
</div>`;
    return section(`figures-${key}`, title, grid);
  });
}

function figureElement({ name, heading, caption, svg }: Figure): Html {
  return html`
<figure id="${name}">
<div class="scroll" tabindex="0" role="region" aria-label="${heading}">${raw(inlineSvg(svg, escapeHtml(heading)))}</div>
<figcaption><b>${heading}.</b> ${caption} <a href="figures/${name}.svg">SVG</a></figcaption>
</figure>`;
}

/** For every group of runs, the settings and commands it was made with. */
function provenanceSection(groups: readonly Group[]): Html | null {
  if (groups.length === 0) return null;
  const contents = html`<p>Every group of runs above, seed by seed. The commands repeat it from the folder that <code>results/</code> is in.</p>
${groups.map(groupDetails)}`;
  return section('provenance', 'Settings and commands', contents);
}

function groupDetails(group: Group): Html {
  const { name, runs } = group;
  const [first] = runs;
  const measured = runs.some(({ sharpness }) => sharpness !== null);
  const commands = [
    `smoothout run results/runs/${first.folder}/config.yaml --seed ${seedList(group)}`,
    ...(measured ? [`smoothout sharpness --ckpt results/runs/${name}/seed-*/best.safetensors --all-conventions`] : []),
  ];
  return html`
<details>
<summary>${name} <span class="after">${describeGroup(group)}, seeds ${seedList(group)}</span></summary>
<div id="${anchorOf(group)}">
<pre>${commands.join('\n')}</pre>
${seedsTable(group)}
<pre>${first.config.trimEnd()}</pre>
</div>
</details>`;
}

/** What was left out of the page, and why; nothing where all is well. */
function problemsSection(problems: readonly Problem[]): Html | null {
  if (problems.length === 0) return null;
  const list = html`<ul>${problems.map(
    ({ where, what }) => html`
<li><code>${where}</code>: ${what}.</li>`,
  )}
</ul>`;
  return section('problems', 'Left out, or to be read with care', list);
}
