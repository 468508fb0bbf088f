/** The page's style sheet and its only script. */

/** The page's look: that of a paper's appendix, in the reader's own light or dark, down to the width of a phone. */
export const STYLE = `
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
 * The page's only script: makes a table sortable by the buttons in its header. A press sorts ascending, the next
 * descending, the third restores the paper's order; `aria-sort` says which. Empty cells stay last either way.
 */
export const SORT_SCRIPT = `
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
