import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { expect, test } from 'vitest';

test('CONTRIBUTING.md: from the command to the line that adds the noise it is six files, each importing the next', async () => {
  const guide = await readFile('CONTRIBUTING.md', 'utf8');
  const [, list = ''] = /it is six files, each importing the next:\n([\s\S]*?)\n\n/.exec(guide) ?? [];
  const files = list.split('→').map((step) => /\]\((.*?\.ts)\)/.exec(step)?.[1] ?? '');
  expect(files).toHaveLength(6);
  expect(files[0]).toBe('src/cli/run.ts');
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  for (const [i, next] of files.slice(1).entries()) {
    expect(texts[i]).toMatch(new RegExp(`(from |import\\()'[^']*/${basename(next, '.ts')}\\.js'`));
  }
  expect(texts.at(-1)).toMatch(/add\(w, theta\)/);
});
