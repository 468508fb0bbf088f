import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { download } from './download.js';
import { expectError, temporaryFolder } from './testing/fixtures.js';
import { type Answer, sendFile, serve, type TestServer } from './testing/server.js';

const FILE = randomBytes(300_000);
const digest = (algorithm: string) => createHash(algorithm).update(FILE).digest('hex');

describe('download', () => {
  let folder: string;
  let server: TestServer;
  let answers: Record<string, Answer>;
  beforeEach(async () => {
    folder = await temporaryFolder();
    answers = { file: FILE };
    server = await serve(answers);
  });
  afterEach(() => server.close());

  const get = (changes: { url?: string; sha256?: string; progress?: (done: number, total: number) => void } = {}) =>
    download({
      url: `${server.url}/file`,
      bytes: FILE.length,
      md5: digest('md5'),
      sha256: digest('sha256'),
      to: join(folder, 'file'),
      retryDelayMs: 1,
      ...changes,
    });
  const arrived = async () => {
    expect(await readdir(folder)).toEqual(['file']);
    expect((await readFile(join(folder, 'file'))).equals(FILE)).toBe(true);
  };

  test('writes the file, and says how far it is', async () => {
    const calls: number[] = [];
    await get({
      progress: (done, total) => {
        expect(total).toBe(FILE.length);
        calls.push(done);
      },
    });
    await arrived();
    expect(calls.at(-1)).toBe(FILE.length);
    expect(calls).toEqual([...calls].sort((a, b) => a - b));
  });

  test('goes on where an earlier call stopped', async () => {
    await writeFile(join(folder, 'file.part'), FILE.subarray(0, 123_456));
    await get();
    await arrived();
    expect(server.requests).toEqual(['file bytes=123456-']);
  });

  test('goes on by itself when the connection breaks', async () => {
    let broken = 0;
    answers.file = (request, response) => {
      if (++broken > 2) return sendFile(FILE, request, response);
      const start = Number(/\d+/.exec(request.headers.range ?? '0')![0]);
      response.writeHead(start === 0 ? 200 : 206, {
        'content-length': FILE.length - start,
        'content-range': `bytes ${start}-299999/300000`,
      });
      return response.write(FILE.subarray(start, start + 100_000), () => response.socket!.end());
    };
    await get();
    await arrived();
    const [first, ...later] = server.requests.map((request) => Number(/\d+/.exec(request)?.[0] ?? 0));
    expect(first).toBe(0);
    expect(later).toHaveLength(2);
    for (const start of later) expect(start).toBeGreaterThan(0);
  });

  test('starts over where the server does not resume', async () => {
    await writeFile(join(folder, 'file.part'), randomBytes(1000));
    answers.file = (_, response) => response.end(FILE);
    await get();
    await arrived();
  });

  test('starts over once where the part was of another file', async () => {
    await writeFile(join(folder, 'file.part'), randomBytes(1000));
    await get();
    await arrived();
    expect(server.requests).toEqual(['file bytes=1000-', 'file']);
    await writeFile(join(folder, 'file'), 'changed since');
    await writeFile(join(folder, 'file.part'), randomBytes(400_000));
    await get();
    await arrived();
  });

  test('fetches nothing where the file is whole', async () => {
    await get();
    await get();
    expect(server.requests).toEqual(['file']);
  });

  test('keeps nothing of a file with another digest, and does not touch what is there', async () => {
    await writeFile(join(folder, 'file'), 'old');
    const other = Buffer.from(FILE);
    other[200_000]! ^= 1;
    answers.file = other;
    await expectError(get(), 'DATA_CORRUPT', `${server.url}/file`, 'has MD5', digest('md5'));
    expect(await readdir(folder)).toEqual(['file']);
    expect(await readFile(join(folder, 'file'), 'utf8')).toBe('old');
  });

  test('checks SHA-256 too', async () => {
    await expectError(get({ sha256: '0'.repeat(64) }), 'DATA_CORRUPT', 'has SHA-256');
    expect(await readdir(folder)).toEqual([]);
  });

  test('stops a server that sends more than the file', async () => {
    let sent = 0;
    answers.file = (_, response) => {
      const more = () => {
        while (!response.destroyed && sent < 50_000_000) {
          sent += 65_536;
          if (!response.write(FILE.subarray(0, 65_536))) return response.once('drain', more);
        }
        return response.end();
      };
      more();
    };
    await expectError(get(), 'DATA_CORRUPT', 'more than the 300000 bytes');
    expect(sent).toBeLessThan(50_000_000);
  });

  test('follows redirects, but never to an unencrypted address elsewhere, and not for ever', async () => {
    answers.moved = (_, response) => response.writeHead(302, { location: '/file' }).end();
    await get({ url: `${server.url}/moved` });
    await arrived();
    answers.away = (_, response) => response.writeHead(301, { location: 'http://example.com/file' }).end();
    const to = join(folder, 'other');
    const other = { bytes: 1, md5: '', sha256: '', to };
    await expectError(
      download({ ...other, url: `${server.url}/away` }),
      'DATA_MISSING',
      'http://example.com/file: not fetched, only https',
    );
    answers.round = (_, response) => response.writeHead(302, { location: '/round' }).end();
    await expectError(download({ ...other, url: `${server.url}/round` }), 'DATA_MISSING', 'more than 5 redirects');
    await expectError(download({ ...other, url: 'http://example.com/file' }), 'DATA_MISSING', 'only https');
    await expectError(download({ ...other, url: 'file:///etc/passwd' }), 'DATA_MISSING', 'only https');
  });

  test('tries again when the server is busy, not when there is no such file', async () => {
    let busy = 2;
    answers.file = (request, response) =>
      busy-- > 0 ? void response.writeHead(503).end() : sendFile(FILE, request, response);
    await get();
    await arrived();
    expect(server.requests).toHaveLength(3);
    const none = { url: `${server.url}/none`, bytes: 1, md5: '', sha256: '', to: join(folder, 'none') };
    await expectError(download(none), 'DATA_MISSING', `${server.url}/none: the server answered 404`);
    expect(server.requests).toHaveLength(4);
  });

  test('gives up on a server that is not there, and says how to go on', async () => {
    await server.close();
    await expectError(
      get(),
      'DATA_MISSING',
      'cannot be reached: ECONNREFUSED (tried 4 times)',
      'goes on where it stopped',
    );
  });

  test('names a folder that cannot be made', async () => {
    await writeFile(join(folder, 'blocked'), '');
    const request = { url: `${server.url}/file`, bytes: 1, md5: '', sha256: '', to: join(folder, 'blocked', 'file') };
    await expectError(download(request), 'OUTPUT_UNWRITABLE', join(folder, 'blocked'), '--data');
  });
});
