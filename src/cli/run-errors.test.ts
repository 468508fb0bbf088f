/** What a user may get wrong: one clear error, its exit status, and nothing left behind. */
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { smallConfig, smallMnist } from './testing/small-mnist.js';
import './testing/expectations.js';
import { smoothout } from './testing/smoothout.js';

let data: string;
beforeAll(async () => {
  data = await smallMnist();
});

/** The one thing a command says of what is wrong, and the files that it has left. */
async function failure(settings: object, ...options: string[]) {
  const config = await smallConfig(settings);
  const out = join(dirname(config), 'results');
  const { status, stdout, stderr } = await smoothout`run ${config} --data ${data} --out ${out} ${options}`;
  const left = await readdir(out, { recursive: true, withFileTypes: true }).catch(() => []);
  return {
    status,
    stdout,
    message: stderr.replaceAll(config, 'small.yaml'),
    files: left.filter((entry) => entry.isFile()),
  };
}

const errors = (message: string) => message.match(/^smoothout: /gm)?.length;

describe('a wrong config', () => {
  test.each([
    ['a misspelt key', { epoch: 3 }, [], /^smoothout: small\.yaml:\d+: unknown key "epoch"; did you mean "epochs"\?/],
    [
      'a wrong type',
      { epochs: 'many' },
      [],
      /^smoothout: small\.yaml:6: epochs: expected a whole number of at least 1, got "many"/,
    ],
    ['no methods', { methods: [] }, [], /^smoothout: small\.yaml:\d+: methods: expected a list of at least one method/],
    ['an unknown data set', { dataset: 'mnis' }, [], /dataset: expected one of .*did you mean "?mnist/],
    ['a bad override', {}, ['--set', 'epochs'], /^smoothout: --set epochs: expected key\.path=value/],
    ['bad seeds', {}, ['--seed', '5-x'], /^smoothout: --seed 5-x: expected seeds from 0 to 4294967295/],
    ['seeds backwards', {}, ['--seed', '5-1'], /^smoothout: --seed 5-1: 5-1 is backwards; did you mean 1-5\?/],
    ['a seed too many', {}, ['--seed', '4294967296'], /^smoothout: --seed 4294967296: expected seeds/],
    ['an unknown method', {}, ['--method', 'smothout'], /^smoothout: --method smothout: .*did you mean "?smoothout/],
    ['an unknown engine', {}, ['--engine', 'onx'], /engine.*onx.*is invalid/],
    [
      'a batch larger than any training set',
      { batchSize: 70_000 },
      [],
      /batchSize: 70000 is more than the 60000 training images of mnist/,
    ],
    [
      'a batch larger than this one',
      { batchSize: 401 },
      [],
      /small: batchSize 401 is larger than the training set: mnist train has 400/,
    ],
    [
      'a last batch of one image',
      { batchSize: 57 },
      [],
      /small: 400 training images leave a batch, or ghost batch, of one/,
    ],
  ])('%s', async (_, settings, options, message) => {
    const found = await failure(settings, ...options);
    expect(found).toMatchObject({ status: 2, stdout: '', files: [] });
    expect(found.message).toMatch(message);
    expect(errors(found.message)).toBe(1);
  });

  test('that is missing', async () => {
    const config = await smallConfig();
    const missing = join(dirname(config), 'smal.yaml');
    expect(await smoothout`run ${missing}`).toBeRefused({
      status: 2,
      saying: /^smoothout: .*smal\.yaml: there is no such file; did you mean "?small\.yaml/,
    });
  });

  test('that is the second of two: neither is begun', async () => {
    const [good, bad] = [await smallConfig(), await smallConfig({ epochs: 0 })];
    const out = join(dirname(good), 'results');
    expect((await smoothout`run ${good} ${bad} --data ${data} --out ${out}`).status).toBe(2);
    await expect(readdir(out)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('wrong data', () => {
  const LABELS = 'train-labels-idx1-ubyte';
  const IMAGES = 'train-images-idx3-ubyte';

  /** A copy of the data with one file changed. */
  async function changed(name: string, change: (bytes: Buffer) => Uint8Array | null): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'smoothout-broken-'));
    await cp(data, folder, { recursive: true });
    const bytes = change(await readFile(join(folder, name)));
    if (bytes === null) await rm(join(folder, name));
    else await writeFile(join(folder, name), bytes);
    return folder;
  }

  const withByte = (at: number, value: number) => (bytes: Buffer) => {
    bytes[at] = value;
    return bytes;
  };

  test.each([
    ['cut short', IMAGES, (bytes: Buffer) => bytes.subarray(0, -1), /truncated/],
    ['with bytes after the data', IMAGES, (bytes: Buffer) => Buffer.concat([bytes, bytes]), /bytes after the data/],
    ['with the wrong magic', IMAGES, withByte(3, 9), /starts with 0x00000809, expected 0x00000803/],
    ['with a label out of range', LABELS, withByte(8 + 17, 11), /label 17 is 11, expected 0 to 9/],
    ['missing', LABELS, () => null, /is missing from/],
    ['empty', LABELS, () => Buffer.alloc(0), /truncated/],
  ])('%s', async (_, name, change, message) => {
    const found = await failure({}, '--data', await changed(name, change));
    expect(found).toMatchObject({ status: 4, stdout: '', files: [] });
    expect(found.message).toMatch(message);
    expect(found.message).toContain(name);
    expect(errors(found.message)).toBe(1);
  });

  test('nowhere: says where it looked and what to do', async () => {
    const found = await failure({}, '--data', '/nowhere');
    expect(found).toMatchObject({ status: 4, files: [] });
    expect(found.message).toMatch(/^smoothout: mnist: no train-images-idx3-ubyte.* in \/nowhere/);
    expect(found.message).toMatch(/smoothout data fetch mnist/);
  });
});

describe('a wrong place for the results', () => {
  test('a file is in the way', async () => {
    const config = await smallConfig();
    expect(await smoothout`run ${config} --data ${data} --out ${config}`).toBeRefused({
      status: 2,
      saying:
        /^smoothout: cannot write .*small\.yaml\/runs: a part of this path is a file, not a folder\nMake that place writable, or choose another\.\n$/,
    });
  });

  // Even root may not write here.
  test.skipIf(process.platform !== 'linux')('nobody may write there', async () => {
    const { status, stderr } = await smoothout`run ${await smallConfig()} --data ${data} --out /sys/smoothout`;
    expect({ status, errors: errors(stderr) }).toEqual({ status: 2, errors: 1 });
    expect(stderr).toMatch(/^smoothout: cannot write \/sys\/smoothout/);
  });
});

test('parameters to start from that are not those of the network', async () => {
  const found = await failure({ methods: [{ name: 'baseline' }] }, '--init', 'nothing.safetensors');
  expect(found).toMatchObject({ status: 5, files: [] });
  expect(found.message).toMatch(/^smoothout: \/.*nothing\.safetensors: there is no such file/m);
});
