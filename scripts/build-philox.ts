/** Compiles src/support/philox/philox.as.ts and writes the module's bytes to wasm.ts beside it (`npm run build:philox`). */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'src/support/philox');

export function compilePhilox(): string {
  const temporary = mkdtempSync(join(tmpdir(), 'philox-'));
  try {
    const output = join(temporary, 'philox.wasm');
    const flags = ['--enable', 'simd', '-O3', '--noAssert', '--runtime', 'stub', '--importMemory'];
    const compiler = join(root, 'node_modules/assemblyscript/bin/asc.js');
    execFileSync(process.execPath, [compiler, join(folder, 'philox.as.ts'), ...flags, '-o', output]);
    return readFileSync(output).toString('base64');
  } finally {
    rmSync(temporary, { recursive: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const source = `// Written by scripts/build-philox.ts from philox.as.ts.\nexport const PHILOX_WASM =\n  '${compilePhilox()}';\n`;
  writeFileSync(join(folder, 'wasm.ts'), source);
}
