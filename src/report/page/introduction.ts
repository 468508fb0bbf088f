/** The head of the page: what is shown, how to read it, and how much of it there is. */
import { METHOD_NAMES, PAPER_METHODS, PAPER_ROWS } from '../paper/rows.js';
import type { Results } from '../results.js';
import { type Html, html } from './html.js';

export function introduction({ cells, runs, groups }: Results): Html {
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
