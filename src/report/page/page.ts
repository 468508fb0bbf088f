/** report.html, and its sections other than the tables. */
import { createHash } from 'node:crypto';
import { type ClaimingGroup, describeGroup } from '../cells.js';
import type { Comparison } from '../compare.js';
import { inlineSvg } from '../figures/drawing.js';
import { FIGURE_SECTIONS, type Figure } from '../figures/figures.js';
import { durationText, percentText, sharpnessText } from '../format.js';
import type { Problem } from '../load-runs.js';
import { METHOD_NAMES, PAPER_METHODS, PAPER_ROWS } from '../paper.js';
import type { Results } from '../results.js';
import { measurementOf, nameOf, type Run, seedList } from '../runs.js';
import { CONVENTION_NAMES } from '../sharpness-record.js';
import { SORT_SCRIPT, STYLE } from './assets.js';
import { anchorOf, measuredSharpnessColumns, small } from './cells.js';
import { type Column, escapeHtml, type Html, html, raw, sortableTable } from './html.js';
import { apartSection, comparisonSection, table1Section, table2Section, table3Section } from './tables.js';

const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Nothing may be fetched, and nothing run but the script that is written here. */
const POLICY = `default-src 'none'; style-src ${hash(STYLE)}; script-src ${hash(SORT_SCRIPT)}; img-src data:; base-uri 'none'; form-action 'none'`;

/** report.html: one self-contained document. It depends on the results alone, so the same runs give the same bytes. */
export function reportPage(results: Results, figures: readonly Figure[], comparison: Comparison | null): string {
  const { tables, cells, problems } = results;
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
<body>${introduction(results)}
<main>${comparison !== null && comparisonSection(comparison)}${table1Section(tables)}${table2Section(tables)}${table3Section(tables)}${apartSection(cells.apart)}${figureSections(figures)}${provenanceSection([...cells.placed, ...cells.apart])}${problemsSection(problems)}
</main>
<footer>Written by <code>smoothout report</code>. The same numbers for a program: <code>table1.csv</code>,
<code>table2.csv</code>, <code>table3.csv</code>, and every run in <code>runs.csv</code>.</footer>
<script>${raw(SORT_SCRIPT)}</script>
</body>
</html>
`;
  return page.html;
}

/** What is shown, how to read it, and how much of it there is. */
function introduction({ cells, runs, groups }: Results): Html {
  const reported = PAPER_ROWS.flatMap((row) =>
    PAPER_METHODS.filter((method) => row.results[method]).map((method) => cells.at(row, method)),
  );
  const filled = reported.filter((cell) => cell !== null).length;
  return html`
<header>
<h1>SmoothOut, reproduced</h1>
<p class="lead">Tables 1–3 of Wen et al., <cite>SmoothOut: Smoothing Out Sharp Minima for Generalization in Large-Batch Deep
Learning</cite> (arXiv 1805.07898 v1, 2018), beside what was measured here: ${filled} of the paper's ${reported.length}
results. Runs read: ${runs.length}; groups that differ by the seed alone: ${groups.length}.</p>
<nav aria-label="Sections"><a href="#table-1">Table 1</a> <a href="#table-2">Table 2</a> <a href="#table-3">Table 3</a>
${cells.apart.length > 0 && html`<a href="#apart">Other runs</a>`} ${groups.length > 0 && html`<a href="#provenance">Settings</a>`}</nav>
</header>
<section id="reading">
<h2>How to read the tables</h2>
<dl>
<div><dt>Accuracy</dt>
<dd>Top-1 on the official test set, percent: the mean over n seeds ± the half-width of its 95 % Student-t interval. “Best
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
<dd>${METHOD_NAMES.smoothout}: the gradient is taken at w + θ, θ uniform on [−a, a]. ${METHOD_NAMES.adasmoothout}: θ scaled by
the norm of each filter. The paper gives a for no experiment; the values used stand under <a href="#provenance">Settings and
commands</a>.</dd></div>
</dl>
</section>`;
}

function figureSections(figures: readonly Figure[]): Html[] {
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

const SEED_COLUMNS: readonly Column[] = [
  { title: 'Seed', numeric: true },
  { title: 'Best epoch', numeric: true },
  { title: 'Best, %', numeric: true },
  { title: 'Last, %', numeric: true },
  ...measuredSharpnessColumns('Sharpness'),
  { title: 'Images/s', numeric: true },
  { title: 'Time', numeric: true },
  { title: 'Engine' },
  { title: 'Commit' },
];

/** For every group of runs, the settings and commands it was made with. */
function provenanceSection(groups: readonly ClaimingGroup[]): Html | null {
  if (groups.length === 0) return null;
  return html`
<section id="provenance">
<h2>Settings and commands</h2>
<p>Every group of runs above, seed by seed. The commands repeat it from the folder that <code>results/</code> is in.</p>
${groups.map(groupDetails)}
</section>`;
}

function groupDetails(cell: ClaimingGroup): Html {
  const { group } = cell;
  const first = `results/runs/${group.runs[0]!.folder}`;
  const measured = group.runs.some(({ sharpness }) => sharpness !== null);
  const commands = [
    `smoothout run ${first}/config.yaml --seed ${seedList(group)}`,
    ...(measured
      ? [`smoothout sharpness --ckpt results/runs/${nameOf(group)}/seed-*/best.safetensors --all-conventions`]
      : []),
  ];
  return html`
<details>
<summary>${nameOf(group)} <span class="after">${describeGroup(cell)}, seeds ${seedList(group)}</span></summary>
<div id="${anchorOf(group)}">
<pre>${commands.join('\n')}</pre>
${sortableTable(`Seeds of ${nameOf(group)}`, SEED_COLUMNS, group.runs.map(seedRow))}
<pre>${group.runs[0]!.config.trimEnd()}</pre>
</div>
</details>`;
}

function seedRow(run: Run) {
  const { record } = run;
  const number = (value: number | null | undefined, text: string) => ({ content: text, sort: value ?? '' });
  return [
    number(record.seed, String(record.seed)),
    number(record.bestEpoch, String(record.bestEpoch)),
    number(record.bestAccuracy, percentText(record.bestAccuracy)),
    number(record.finalAccuracy, percentText(record.finalAccuracy)),
    ...CONVENTION_NAMES.map((convention) => {
      const measurement = measurementOf(run, convention);
      if (measurement === undefined) return { content: '', sort: '' };
      const { value, images } = measurement;
      return { content: [sharpnessText(value), small(`${images} images`)], sort: value };
    }),
    number(record.imagesPerSecond, record.imagesPerSecond === null ? '' : String(Math.round(record.imagesPerSecond))),
    number(record.seconds, durationText(record.seconds)),
    `${record.engine}, ${record.device}`,
    record.gitCommit?.slice(0, 10) ?? 'unknown',
  ];
}

/** What was left out of the page, and why; nothing where all is well. */
function problemsSection(problems: readonly Problem[]): Html | null {
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
