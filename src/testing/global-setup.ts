/**
 * Once for all test files: builds the program, where it is out of date, for the tests of the command line; and gives the
 * tests a folder of their own for temporary files, removed when all are done.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BUILT = join(ROOT, 'dist', 'cli', 'main.js');

export default function setUp(): () => void {
  buildIfStale();
  // What is worth keeping from one time to the next (testing/real-data.ts) stays outside.
  process.env.SMOOTHOUT_TEST_CACHE ??= tmpdir();
  const folder = mkdtempSync(join(tmpdir(), 'smoothout-tests-'));
  process.env.TMPDIR = folder;
  process.env.XDG_CACHE_HOME = join(folder, 'cache');
  return () => rmSync(folder, { recursive: true, force: true });
}

function buildIfStale(): void {
  if (existsSync(BUILT) && statSync(BUILT).mtimeMs > newestSource()) return;
  const { status, stdout } = spawnSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, encoding: 'utf8' });
  // Type errors do not keep the compiler from writing: `npm run check` is where they count.
  if (status !== 0 && !existsSync(BUILT)) throw new Error(`npm run build failed:\n${stdout}`);
}

function newestSource(): number {
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
  const sources = files.filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.includes('testing'),
  );
  return Math.max(...sources.map((name) => statSync(join(ROOT, 'src', name)).mtimeMs));
}
