import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { forbiddenImports } from './arrows.js';

let source: string;
beforeEach(async () => {
  source = await mkdtemp(join(tmpdir(), 'smoothout-arrows-'));
});
afterEach(() => rm(source, { recursive: true }));

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(join(source, file)), { recursive: true });
  await writeFile(join(source, file), text);
}

test.each([
  ['support/a.ts', "import { x } from '../lbfgsb/x.js';"],
  ['engine/onnx/a.ts', "import { x } from '../../lbfgsb/x.js';"],
  ['records/a.ts', "import { x } from '../index.js';"],
  ['records/a.ts', "export * from '../training/x.js';"],
  ['records/a.ts', "import '../training/x.js';"],
  ['records/a.ts', "type X = import('../training/x.js').X;"],
  ['records/a.ts', "import {\n  type X,\n} from '../training/x.js';"],
  ['records/a.ts', "const x = await import(\n  '../training/x.js'\n);"],
  ['analysis/a.ts', "import { x } from '../training/x.js';"],
  ['support/a.ts', "import { x } from '../../scripts/x.js';"],
])('%s may not have: %s', async (file, text) => {
  await write(file, text);
  expect(forbiddenImports(source)).toEqual([expect.stringMatching(`^src/${file}: imports \\.`)]);
});

test.each([
  ['analysis/a.ts', "import { x } from '../lbfgsb/x.js';"],
  ['records/deep/a.ts', "import { x } from '../x.js';\nimport { y } from '../../nn/y.js';\nimport 'node:fs';"],
  ['support/a.test.ts', "import { x } from '../training/x.js';"],
  ['support/testing/a.ts', "import { x } from '../../training/x.js';"],
  ['index.ts', "export { x } from './training/x.js';"],
])('%s may have: %s', async (file, text) => {
  await write(file, text);
  expect(forbiddenImports(source)).toEqual([]);
});

test('a folder that the table does not know', async () => {
  await write('fresh/a.ts', '');
  expect(forbiddenImports(source)).toEqual([expect.stringContaining('do not know src/fresh')]);
});
