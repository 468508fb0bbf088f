import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { completions } from './completion.js';
import { programWith } from './program.js';
import { EXECUTABLE, smoothout } from './testing/smoothout.js';

/** A folder with configs and results, and a bin folder with the program under its name. */
let folder: string;
let bin: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'smoothout-completion-'));
  bin = join(folder, 'bin');
  for (const name of ['bin', 'configs', 'results/runs/f1-lb/baseline/seed-1', 'results/runs/f1-sb/sam/seed-1']) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  writeFileSync(
    join(folder, 'configs', 'f1-sb.yaml'),
    'methods: [{ name: baseline }, { name: sam, label: sam-strong }]',
  );
  writeFileSync(join(folder, 'configs', 'f1-lb.yaml'), 'extends: f1-sb.yaml');
  writeFileSync(join(folder, 'notes.txt'), '');
  symlinkSync(EXECUTABLE, join(bin, 'smoothout'));
});

test.each([
  [['sens'], ['sensitivity']],
  [['data', 'f'], ['fetch']],
  [
    ['data', 'fetch', 'cifar1'],
    ['cifar10', 'cifar100'],
  ],
  [['report', '--ru'], ['--runs']],
  [['run', 'configs/f1-s'], ['configs/f1-sb.yaml']],
  [
    ['run', '--engine', 't'],
    ['tensorflow', 'tfjs'],
  ],
  [
    ['run', 'configs/f1-lb.yaml', '--method', ''],
    ['baseline', 'sam-strong'],
  ],
  [
    ['run', '--method', 'baseline', 'smoothout-'],
    ['smoothout-deterministic', 'smoothout-two-sided'],
  ],
  [
    ['status', 'f1-'],
    ['f1-lb', 'f1-sb'],
  ],
  [['compare', 'f1-lb', 'f1-sb/'], ['f1-sb/sam']],
  [['sharpness', '--ckpt', 'results/runs/f1-l'], ['results/runs/f1-lb/baseline/seed-1/best.safetensors']],
  [['completion', 'z'], ['zsh']],
  [['report', '--runs', ''], []],
  [['run', 'no'], []],
  [['nothing', ''], []],
])('%j goes on with %j', async (words, expected) => {
  process.chdir(folder);
  expect(await completions(await programWith(undefined), words)).toEqual(expected);
});

const has = (shell: string) => spawnSync(shell, ['--version']).status === 0;

function inShell(shell: string, script: string): string {
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}`, HOME: folder };
  const { stdout, stderr } = spawnSync(shell, ['-c', script], { cwd: folder, env, encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout;
}

describe('the scripts', () => {
  test.skipIf(!has('bash'))('in bash', () => {
    const stdout = inShell(
      'bash',
      `
      source <(smoothout completion bash)
      complete -p smoothout
      COMP_WORDS=(smoothout run configs/f1-lb.yaml --method ''); COMP_CWORD=4
      _smoothout smoothout '' --method; printf '<%s>' "\${COMPREPLY[@]}"
      COMP_WORDS=(smoothout run no); COMP_CWORD=2
      _smoothout smoothout no run; echo "\${#COMPREPLY[@]}"`,
    );
    expect(stdout).toBe('complete -o default -F _smoothout smoothout\n<baseline><sam-strong>0\n');
  });

  test.skipIf(!has('zsh'))('in zsh', () => {
    const stdout = inShell(
      'zsh',
      `
      compdef() { print -r -- "compdef $*" }
      compadd() { print -r -- "compadd $*" }
      _files() { print files }
      source <(smoothout completion zsh)
      words=(smoothout run configs/f1-lb.yaml --method ''); CURRENT=5; _smoothout
      words=(smoothout run no); CURRENT=3; _smoothout`,
    );
    expect(stdout).toBe('compdef _smoothout smoothout\ncompadd -- baseline sam-strong\nfiles\n');
  });

  test.skipIf(!has('fish'))('in fish', () => {
    const stdout = inShell(
      'fish',
      `
      smoothout completion fish | source
      complete -C 'smoothout run configs/f1-lb.yaml --method '
      complete -C 'smoothout run no'`,
    );
    expect(stdout).toBe('baseline\nsam-strong\nnotes.txt\n');
  });

  test('of another shell are refused', async () => {
    expect(await smoothout`completion tcsh`).toMatchObject({ status: 2, stdout: '' });
  });
});
