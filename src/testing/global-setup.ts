/** Tests of the command line run the built program; this builds it, once for all test files, where it is out of date. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BUILT = join(ROOT, 'dist', 'cli', 'main.js');

export default function buildIfStale(): void {
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
