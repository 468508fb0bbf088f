import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { readGolden } from '../../src/nn/testing/golden.js';

const SCRIPT = fileURLToPath(new URL('make_goldens.py', import.meta.url));

/** A Python that has PyTorch, if there is one. */
const python = ['python3', '/usr/bin/python3'].find((command) => {
  try {
    execFileSync(command, ['-c', 'import torch, numpy'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});
if (!python) console.warn('skipping the comparison with PyTorch itself: no python3 here has torch and numpy');

const folder = mkdtempSync(join(tmpdir(), 'goldens-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** All numbers of a golden, by their path in it. */
function numbers(value: unknown, path = ''): [string, number][] {
  if (typeof value === 'number') return [[path, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => numbers(inner, `${path}/${key}`));
}

describe.skipIf(!python)('the committed goldens are what the installed PyTorch computes', () => {
  test.each(['mlp', 'c1', 'resnet44'])('%s', (name) => {
    const committed = readGolden(name);
    const options = ['--case', name, '--seed', String(committed.seed), '--out', folder];
    execFileSync(python!, [SCRIPT, ...options], { env: { ...process.env, OMP_NUM_THREADS: '1' } });
    const fresh = new Map(numbers(readGolden(name, pathToFileURL(`${folder}/`))));
    expect([...fresh.keys()]).toEqual(numbers(committed).map(([path]) => path));
    const off = numbers(committed).filter(([path, value]) => {
      return Math.abs(fresh.get(path)! - value) > 1e-6 * Math.abs(value) + 1e-9;
    });
    expect(off).toEqual([]);
  });
});
