import { createHash } from 'node:crypto';
import type { Comparison } from '../compare/compare.js';
import type { Figure } from '../figures/figures.js';
import type { Results } from '../results.js';
import { apartSection } from './apart.js';
import { comparisonSection } from './comparison.js';
import { figureSections } from './figures.js';
import { html, raw } from './html.js';
import { introduction } from './introduction.js';
import { table1Section, table2Section, table3Section } from './paper-tables.js';
import { problemsSection } from './problems.js';
import { provenanceSection } from './provenance.js';
import { SORT_SCRIPT } from './sort-script.js';
import { STYLE } from './style.js';

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
