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
