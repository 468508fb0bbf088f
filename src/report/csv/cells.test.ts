import { expect, test } from 'vitest';
import { csvText } from './cells.js';

test('a spreadsheet has no formula to compute, and numbers stay numbers', () => {
  const row = { device: '=HYPERLINK("x")', notes: '@a', method: '-x', change: '-0.5', more: -2 };
  expect(csvText([row])).toBe('device,notes,method,change,more\n"\'=HYPERLINK(""x"")",\'@a,\'-x,-0.5,-2\n');
});
