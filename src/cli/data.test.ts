import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder, writeCifar, writeMnist } from '../data/testing/fixtures.js';
import './testing/expectations.js';
import { canMirror, mirrorMnist } from './testing/mirror.js';
import { smoothout } from './testing/smoothout.js';

describe('data', () => {
  test('list shows what is here and what is not', async () => {
    const folder = await writeMnist();
    const { status, json } = await smoothout`data list --json --data ${folder}`;
    expect(status).toBe(0);
    expect(json.map(({ name, folder: found, generated }) => [name, found, generated])).toEqual([
      ['mnist', folder, null],
      ['cifar10', null, null],
      ['cifar100', null, null],
      ['imagenet', null, null],
    ]);
    const text = await smoothout`data list --data ${folder}`;
    expect(text.stdout).toMatch(
      new RegExp(`^mnist +MNIST, handwritten digits +60000 +10000 +12 MB +${folder} +no$`, 'm'),
    );
    expect(text.stdout).toMatch(/^imagenet .* by hand +not here +no$/m);
    expect(text.stderr).toBe(`Looked in ${folder}.\n`);
  });

  test('generate makes a stand-in once; list and verify know it from official data', async () => {
    const folder = await temporaryFolder();
    const generate = () => smoothout`data generate mnist --json --data ${folder}`;
    const made = join(folder, 'generated', 'mnist');
    expect((await generate()).json).toEqual([{ dataset: 'mnist', folder: made, made: true }]);
    expect((await generate()).json).toEqual([{ dataset: 'mnist', folder: made, made: false }]);
    const { json } = await smoothout`data list --json --data ${folder}`;
    expect(json[0]).toMatchObject({ folder: null, generated: made });
    const verified = await smoothout`data verify --data ${folder}`;
    expect({ status: verified.status, stderr: verified.stderr }).toEqual({ status: 0, stderr: '' });
    expect(verified.stdout).toMatch(/^mnist: .*: not here$/m);
    expect((await smoothout`data verify mnist --data ${folder}`).status).toBe(4);
  });

  test('verify tells a file that differs but can be read from one that cannot', async () => {
    const folder = await writeCifar('cifar100');
    const readable = await smoothout`data verify cifar100 --data ${folder}`;
    expect(readable.status).toBe(4);
    expect(readable.stdout).toContain(`${join(folder, 'train.bin')}: differs from the official file: has 36888 bytes`);
    expect(readable.stdout).toContain('readable all the same');
    expect(readable.stderr).toContain('2 of 2 checks failed');
    await writeFile(join(folder, 'test.bin'), 'short');
    const broken = await smoothout`data verify --json --data ${folder}`;
    expect(broken.status).toBe(4);
    expect(broken.json).toContainEqual({
      dataset: 'cifar100',
      state: 'cannot be read',
      what: folder,
      detail: expect.stringContaining('test.bin: has 5 bytes'),
    });
  });

  test.each([
    ['generate mnst', 2, 'there is no data set "mnst"; did you mean "mnist"?'],
    ['fetch', 2, "missing required argument 'names'"],
    ['lst', 2, "unknown command 'lst'"],
    ['fetch imagenet', 4, 'cannot be fetched'],
    ['fetch mnist --mirror http://example.com', 4, 'only https addresses are'],
    ['fetch mnist --mirror somewhere', 2, '--mirror'],
  ])('data %s is refused with status %d', async (line, status, saying) => {
    const elsewhere = smoothout.with({ env: { SMOOTHOUT_DATA: await temporaryFolder() } });
    expect(await elsewhere`data ${line.split(' ')}`).toBeRefused({ status, saying });
  });

  test.each(['list', 'fetch', 'verify', 'generate'])('%s --help has an example', async (command) => {
    const { status, stdout } = await smoothout`data ${command} --help`;
    expect(status).toBe(0);
    expect(stdout).toContain(`Example:\n  smoothout data ${command}`);
  });
});

test.skipIf(!canMirror)('fetch gets the real MNIST over HTTPS', async () => {
  const { url, env } = await mirrorMnist();
  const folder = await temporaryFolder();
  const trusted = await smoothout.with({ env })`data fetch mnist --data ${folder} --mirror ${url}`;
  expect(trusted).toEqual({
    status: 0,
    stdout: `mnist: fetched and verified 4 files, in ${join(folder, 'mnist')}\n`,
    stderr: '',
  });
  const verified = await smoothout`data verify mnist --data ${folder}`;
  expect(verified.status).toBe(0);
  expect(verified.stdout.match(/: official$/gm)).toHaveLength(4);
});
