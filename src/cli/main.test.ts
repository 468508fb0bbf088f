import { spawn, spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import './testing/expectations.js';
import { EXECUTABLE, smoothout, withoutTensorFlowLog } from './testing/smoothout.js';

const SLOW = /^(@tensorflow|onnxruntime|sharp|vega)/;
const dataUrl = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`;
/** Makes Node.js name each slow package on stderr as it is imported. */
const HOOK = dataUrl(`
  import { writeSync } from 'node:fs';
  export async function resolve(specifier, context, next) {
    if (${SLOW}.test(specifier)) writeSync(2, specifier + '\\n');
    return next(specifier, context);
  }`);
const LOG_SLOW_IMPORTS = dataUrl(`import { register } from 'node:module'; register(${JSON.stringify(HOOK)});`);

describe('the command line', () => {
  test('--help lists the commands and gives examples', async () => {
    const { status, stdout, stderr } = await smoothout`--help`;
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^Usage: smoothout/);
    expect(stdout).toMatch(/^ {2}doctor /m);
    expect(stdout).toMatch(/^ {2}smoothout run configs\/quickstart\.yaml /m);
  });

  test('--version', async () => {
    expect(await smoothout`--version`).toEqual({ status: 0, stdout: '0.1.0\n', stderr: '' });
  });

  test.each([
    ['docter', /^smoothout: unknown command 'docter'\n\(Did you mean doctor\?\)/],
    ['doctor --jsn', /^smoothout: unknown option '--jsn'\n\(Did you mean --json\?\)/],
    ['doctor --data', /^smoothout: option '--data <folder>' argument missing/],
    ['doctor all', /^smoothout: too many arguments for 'doctor'/],
    ['', /^Usage: smoothout/],
  ])('"%s" is a usage error', async (line, saying) => {
    expect(await smoothout`${line.split(' ').filter(Boolean)}`).toBeRefused({ status: 2, saying });
  });

  test('only a command that computes loads what computes', () => {
    const loaded = (...args: string[]) => {
      const { stderr } = spawnSync(process.execPath, ['--import', LOG_SLOW_IMPORTS, EXECUTABLE, ...args], {
        encoding: 'utf8',
      });
      return stderr.split('\n').filter((line) => SLOW.test(line));
    };
    expect(loaded('--help')).toEqual([]);
    expect(loaded('doctor')).toContain('sharp');
  });

  test('a reader that goes away is no error', async () => {
    const child = spawn(process.execPath, [EXECUTABLE, 'doctor', '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (bytes: Buffer) => {
      stderr += bytes.toString();
    });
    const status = await new Promise((resolve) => child.once('close', resolve));
    expect({ status, stderr: withoutTensorFlowLog(stderr) }).toEqual({ status: 0, stderr: '' });
  });
});
