import { expect, test } from 'vitest';
import { csvText } from './table.js';

test('a spreadsheet has no formula to compute, and numbers stay numbers', () => {
  const row = { device: '=HYPERLINK("x")', notes: '@a', method: '-x', change: '-0.5', more: -2 };
  expect(csvText(Object.keys(row), [row])).toBe(
    'device,notes,method,change,more\n"\'=HYPERLINK(""x"")",\'@a,\'-x,-0.5,-2\n',
  );
});
