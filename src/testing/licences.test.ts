/** Packages that users install with smoothout have licences that let them. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ONE = String.raw`MIT|ISC|Apache-2\.0|BSD-[23]-Clause|0BSD|CC0-1\.0|Unlicense`;
const FREE = new RegExp(String.raw`^\(?(${ONE})( (AND|OR) (${ONE}))*\)?$`);
/** The library behind sharp: separate files, which anyone may replace. */
const LIBVIPS = /^@img\/sharp-[a-z0-9-]+ \S+ .*LGPL-3\.0-or-later/;

test('every one is listed, and free or linked dynamically', () => {
  const listed = execFileSync('npm', ['run', '--silent', 'licences'], { cwd: ROOT, encoding: 'utf8' });
  const lines = listed.trim().split('\n');
  expect(lines.length).toBeGreaterThan(100);
  const others = lines.filter((line) => !FREE.test(line.split(' ').slice(2).join(' ')) && !LIBVIPS.test(line));
  expect(others).toEqual([]);
});
