import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SmoothOutError } from '../support/errors.js';
import { type CatalogueEntry, readCatalogue } from './catalogue.js';
import { fetchDataset, readTarFiles } from './fetch.js';
import { MNIST_FILES } from './mnist.js';
import { openDataset } from './open.js';
import { expectError, temporaryFolder, writeCifar, writeMnist } from './testing/fixtures.js';
import { type Answer, type Member, serve, type TestServer, tar } from './testing/server.js';

const hash = (algorithm: string, bytes: Uint8Array) => createHash(algorithm).update(bytes).digest('hex');
const digests = (bytes: Uint8Array) => ({
  bytes: bytes.length,
  md5: hash('md5', bytes),
  sha256: hash('sha256', bytes),
});
const content = (bytes: Uint8Array) => ({ bytes: bytes.length, sha256: hash('sha256', bytes) });

let root: string;
let answers: Record<string, Answer>;
let server: TestServer;
beforeEach(async () => {
  root = await temporaryFolder();
  answers = {};
  server = await serve(answers);
});
afterEach(() => server.close());

describe('MNIST', () => {
  const ALL = [...MNIST_FILES.train, ...MNIST_FILES.test];
  let entry: CatalogueEntry;
  beforeEach(async () => {
    const official = await writeMnist();
    entry = { ...readCatalogue().mnist, files: {}, downloads: [] };
    for (const name of ALL) {
      const bytes = await readFile(join(official, name));
      const packed = gzipSync(bytes);
      answers[`${name}.gz`] = packed;
      entry.files[name] = content(bytes);
      entry.downloads.push({ url: `https://example.com/${name}.gz`, ...digests(packed) });
    }
  });
  const fetch = (force = false) =>
    fetchDataset('mnist', { entry, root, mirror: `${server.url}/`, force, retryDelayMs: 1 });

  test('is fetched once, and can be read', async () => {
    const { folder, files } = await fetch();
    expect(folder).toBe(join(root, 'mnist'));
    expect(files).toEqual(ALL.map((name) => join(folder, `${name}.gz`)));
    expect((await openDataset('mnist', { directory: root })).train.count).toBe(30);
    expect((await fetch()).files).toEqual([]);
    expect(server.requests).toHaveLength(4);
  });

  test('five at once into one folder fetch it once, and all succeed', async () => {
    const waited: string[] = [];
    const options = { entry, root, mirror: server.url, retryDelayMs: 1, onWait: (why: string) => waited.push(why) };
    const all = await Promise.all(Array.from({ length: 5 }, () => fetchDataset('mnist', options)));
    expect(all.map(({ files }) => files.length).sort()).toEqual([0, 0, 0, 0, 4]);
    expect(server.requests).toHaveLength(4);
    expect(waited).toHaveLength(4);
    expect(waited[0]).toMatch(/mnist\.fetch\.lock\.json: in use by process/);
    expect(await readdir(root)).toEqual(['mnist']);
  });

  test('only what is missing is fetched, beside what is there', async () => {
    const folder = join(root, 'MNIST/raw');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, `${ALL[2]}.gz`), answers[`${ALL[2]}.gz`] as Uint8Array);
    expect((await fetch()).folder).toBe(folder);
    expect(server.requests).toEqual([ALL[0], ALL[1], ALL[3]].map((name) => `${name}.gz`));
  });

  test('a file that differs is left alone, unless forced', async () => {
    const { folder } = await fetch();
    const path = join(folder, ALL[1]!);
    await writeFile(path, 'mine');
    await expectError(fetch(), 'DATA_CORRUPT', path, 'differs from the official file', '--force');
    expect(await readFile(path, 'utf8')).toBe('mine');
    await fetch(true);
    expect((await openDataset('mnist', { directory: root })).train.count).toBe(30);
    expect((await readdir(folder)).sort()).toEqual(ALL.map((name) => `${name}.gz`).sort());
  });

  test('what arrives damaged is not kept', async () => {
    const damaged = Buffer.from(answers[`${ALL[0]}.gz`] as Uint8Array);
    damaged[50]! ^= 1;
    answers[`${ALL[0]}.gz`] = damaged;
    await expectError(fetch(), 'DATA_CORRUPT', `${server.url}/${ALL[0]}.gz`, 'MD5');
    expect(await readdir(join(root, 'mnist'))).toEqual([]);
  });
});

describe('CIFAR-100', () => {
  let entry: CatalogueEntry;
  beforeEach(async () => {
    const official = await writeCifar('cifar100');
    entry = { ...readCatalogue().cifar100, files: {}, downloads: [] };
    const members = [
      { name: 'cifar-100-binary/', type: '5' },
      { name: 'cifar-100-binary/fine_label_names.txt', data: Buffer.from('apple\n') },
    ];
    for (const name of ['train.bin', 'test.bin']) {
      const data = await readFile(join(official, name));
      entry.files[name] = content(data);
      members.push({ name: `cifar-100-binary/${name}`, data });
    }
    const archive = gzipSync(tar(members));
    answers['cifar-100-binary.tar.gz'] = archive;
    entry.downloads.push({
      url: 'https://example.com/cifar-100-binary.tar.gz',
      archiveFolder: 'cifar-100-binary',
      ...digests(archive),
    });
  });
  const fetch = () => fetchDataset('cifar100', { entry, root, mirror: server.url, retryDelayMs: 1 });

  test('is fetched, unpacked and can be read; the archive is not kept', async () => {
    const { folder } = await fetch();
    expect((await openDataset('cifar100', { directory: root })).train.count).toBe(12);
    expect(await readdir(root)).toEqual(['cifar-100-binary']);
    expect((await readdir(folder)).sort()).toEqual(['test.bin', 'train.bin']);
    expect((await fetch()).files).toEqual([]);
    await rm(join(folder, 'test.bin'));
    expect((await fetch()).files).toEqual([join(folder, 'test.bin')]);
  });

  test('tells how far it is', async () => {
    const calls: string[] = [];
    await fetchDataset('cifar100', {
      entry,
      root,
      mirror: server.url,
      progress: (file, done, total) => calls.push(`${file} ${done}/${total}`),
    });
    const { bytes } = entry.downloads[0]!;
    expect(calls.at(-1)).toBe(`cifar-100-binary.tar.gz ${bytes}/${bytes}`);
  });
});

test('ImageNet is to be got by hand', async () => {
  await expectError(
    fetchDataset('imagenet', { root }),
    'DATA_MISSING',
    'cannot be fetched',
    'image-net.org',
    'datasets/README.md',
  );
  expect(server.requests).toEqual([]);
});

test('the official addresses are asked for, as the catalogue says', async () => {
  await expectError(
    fetchDataset('cifar10', { root, mirror: server.url, retryDelayMs: 1 }),
    'DATA_MISSING',
    `${server.url}/cifar-10-binary.tar.gz: the server answered 404`,
  );
});

const A = { name: 'set/a.bin', data: Buffer.alloc(700, 1) };
const B = { name: 'set/b.bin', data: Buffer.alloc(512, 2) };
const files = { 'a.bin': content(A.data), 'b.bin': content(B.data) };
const read = (bytes: Uint8Array) => readTarFiles(bytes, 'set.tar.gz', files, 'set');

describe('readTarFiles', () => {
  test('takes what is wanted, wherever it is, and nothing else', () => {
    const archive = tar([
      { name: 'set/', type: '5' },
      { name: 'set/readme.html', data: Buffer.alloc(3) },
      { ...B, name: './set/b.bin' },
      { name: '../../etc/passwd', data: Buffer.from('root') },
      { name: '/etc/shadow', data: Buffer.from('root') },
      { name: 'set/link', type: '2' },
      { name: 'a.bin', prefix: 'set', data: A.data, type: '\0' },
    ]);
    const found = read(archive);
    expect(Object.keys(found)).toEqual(['a.bin', 'b.bin']);
    expect(Buffer.from(found['a.bin']!).equals(A.data)).toBe(true);
    expect(Buffer.from(found['b.bin']!).equals(B.data)).toBe(true);
  });

  test('reads what the tar command writes', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'set'));
    await writeFile(join(folder, 'set/a.bin'), A.data);
    await writeFile(join(folder, 'set/b.bin'), B.data);
    for (const format of ['ustar', 'gnu', 'pax']) {
      execFileSync('tar', ['-C', folder, `--format=${format}`, '-cf', join(folder, 'x.tar'), 'set']);
      expect(Buffer.from(read(readFileSync(join(folder, 'x.tar')))['a.bin']!).equals(A.data)).toBe(true);
    }
  });

  test.each<[string, Buffer, string]>([
    ['a missing file', tar([A]), 'set/b.bin is not in it'],
    ['another file', tar([A, B, { ...A, data: Buffer.alloc(700, 3) }]), 'set/a.bin has SHA-256'],
    ['a symbolic link', tar([A, { name: B.name, type: '2' }]), 'set/b.bin has SHA-256'],
    ['a hard link', tar([A, { name: B.name, type: '1' }]), 'set/b.bin has SHA-256'],
    ['another size', tar([A, { ...B, data: Buffer.alloc(511) }]), 'set/b.bin has SHA-256'],
    ['a negative size', tar([B, spoilt({ size: '-0000000001\0' })]), 'set/a.bin has SHA-256'],
    ['a binary size', tar([B, spoilt({ size: '\x80\0\0\0\0\0\0\0\0\0\x02\0' })]), 'set/a.bin has SHA-256'],
    ['a size beyond the end', tar([B, spoilt({ size: '77777777777\0' })]), 'set/a.bin has SHA-256'],
    ['half a file', tar([A, B]).subarray(0, 900), 'set/a.bin has SHA-256'],
    ['half a header', tar([A, B]).subarray(0, 1536 + 100), 'set/b.bin has SHA-256'],
    ['nothing', Buffer.alloc(0), 'set/a.bin is not in it'],
    ['a web page', Buffer.from('<html>not found</html>'.repeat(60)), 'set/a.bin is not in it'],
  ])('refuses %s', (_, archive, message) => {
    expect(() => read(archive)).toThrow(SmoothOutError);
    expect(() => read(archive)).toThrow(expect.objectContaining({ code: 'DATA_CORRUPT' }));
    expect(() => read(archive)).toThrow(new RegExp(`^set.tar.gz: .*${message}`));
  });
});

function spoilt(fields: Partial<Member>): Member {
  return { name: 'set/a.bin', data: A.data, ...fields };
}
