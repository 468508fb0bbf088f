import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const BUILT = (path: string) => JSON.stringify(new URL(`../../../dist/${path}`, import.meta.url).href);

/** A program on the engine, which ends once it has compiled and run something. */
const PROGRAM = `
  const { createEngine } = await import(${BUILT('engine/create.js')});
  const engine = await createEngine({ engine: 'onnx', device: 'cpu' });
  const program = await engine.compile(({ x }) => ({ y: x }), { x: { shape: [1], dtype: 'float32' } });
  console.log(Object.keys(await program.run({ x: Float32Array.of(1) })).join());`;

const node = ['--input-type=module', '-e', PROGRAM];

/** A home and a folder for temporary files that have nothing in them. */
function elsewhere() {
  const [home, temporary] = ['home', 'tmp'].map((name) => mkdtempSync(join(tmpdir(), `smoothout-${name}-`)));
  return {
    env: { ...process.env, HOME: home, TMPDIR: temporary },
    left: () => [home!, temporary!].flatMap(namesBelow),
  };
}

const namesBelow = (folder: string) => readdirSync(folder, { recursive: true, encoding: 'utf8' });

test('computing leaves nothing in the home folder and nothing in the temporary one', () => {
  const { env, left } = elsewhere();
  const { stdout, stderr } = spawnSync(process.execPath, node, { env, encoding: 'utf8' });
  expect({ stdout, stderr, left: left() }).toEqual({ stdout: 'y\n', stderr: '', left: [] });
});

const canTrace = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;
test.skipIf(!canTrace)('computing opens no connection and looks no host up', () => {
  const { env } = elsewhere();
  const trace = join(env.TMPDIR!, 'trace');
  const watch = ['-f', '-e', 'trace=socket,openat', '-o', trace, process.execPath];
  expect(spawnSync('strace', [...watch, ...node], { env, encoding: 'utf8' }).stdout).toBe('y\n');
  const calls = readFileSync(trace, 'utf8').split('\n');
  expect(calls.length).toBeGreaterThan(100);
  expect(calls.filter((call) => /AF_INET|resolv\.conf|\.onnxruntime/.test(call))).toEqual([]);
});
