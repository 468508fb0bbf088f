/** Downloads a file, resumes where it was cut off, and verifies its digests. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { get as getHttp, type IncomingMessage } from 'node:http';
import { get as getHttps } from 'node:https';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf } from '../support/files.js';
import type { Download } from './catalogue.js';
import { corrupt, dataWriteError, missing } from './files.js';

/** An address, and the exact size and digests that the file must have. */
export interface DownloadRequest extends Omit<Download, 'archiveFolder'> {
  /** Where it goes, once verified. */
  readonly to: string;
  readonly progress?: ((done: number, total: number) => void) | undefined;
  /** Wait before the first retry, doubled for each further one. */
  readonly retryDelayMs?: number | undefined;
}

const ATTEMPTS = 4;
const REDIRECTS = 5;
const IDLE_MS = 30_000;

/** A failure that a later attempt may not meet. */
class Transient extends Error {}

/**
 * Downloads a file. What has arrived is kept in `<to>.part` and continued by the next attempt or the next call; the file
 * appears under its name only when its size and digests are right.
 *
 * @throws SmoothOutError DATA_MISSING: cannot be fetched; DATA_CORRUPT: is not the expected file; NO_SPACE and
 * OUTPUT_UNWRITABLE.
 */
export async function download(request: DownloadRequest): Promise<void> {
  const { url, bytes, to, retryDelayMs = 1000 } = request;
  const part = `${to}.part`;
  let failures = 0;
  for (;;) {
    try {
      await mkdir(dirname(to), { recursive: true });
      // Whole already: a fetch was killed after the download and before it was done with the file.
      if ((await mismatch(to, request)) === undefined) return;
      const have = await bytesOf(part);
      if (have < bytes) await receive(request, part, have);
      const wrong = await mismatch(part, request);
      if (wrong === undefined) {
        await rename(part, to);
        return;
      }
      await rm(part);
      // The part may have been another file's, or an interrupted download of an older one: once more from the start.
      if (have === 0) throw corrupt(`${url}: ${wrong}`, { hint: 'Nothing of it was kept.' });
    } catch (error) {
      if (!(error instanceof Transient)) throw dataWriteError(error, to);
      if (++failures === ATTEMPTS) {
        throw missing(`${url}: ${error.message} (tried ${ATTEMPTS} times)`, {
          hint: `The same command goes on where it stopped. By hand: download it and put it where ${basename(to)} belongs (see datasets/README.md).`,
        });
      }
      await sleep(retryDelayMs * 2 ** (failures - 1));
    }
  }
}

/** What is wrong with a complete download, if anything. */
async function mismatch(path: string, expected: DownloadRequest): Promise<string | undefined> {
  const bytes = await bytesOf(path);
  if (bytes !== expected.bytes) return `has ${bytes} bytes, expected ${expected.bytes}`;
  const hashes = [createHash('md5'), createHash('sha256')] as const;
  for await (const chunk of createReadStream(path)) for (const hash of hashes) hash.update(chunk);
  const [md5, sha256] = hashes.map((hash) => hash.digest('hex'));
  if (md5 !== expected.md5) return `has MD5 ${md5}, expected ${expected.md5}`;
  if (sha256 !== expected.sha256) return `has SHA-256 ${sha256}, expected ${expected.sha256}`;
  return undefined;
}

/** Receives the rest of a file from byte `have` on, or all of it where the server does not resume. */
async function receive({ url, bytes, progress }: DownloadRequest, part: string, have: number): Promise<void> {
  const response = await request(url, have > 0 ? { range: `bytes=${have}-` } : {});
  let file: FileHandle | undefined;
  try {
    const start = response.statusCode === 206 ? have : 0;
    if (start > 0 && !response.headers['content-range']?.startsWith(`bytes ${start}-`)) {
      throw new Transient(`the server sent ${response.headers['content-range']}, asked for bytes from ${start}`);
    }
    file = await open(part, start > 0 ? 'r+' : 'w');
    let at = start;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      if (at + chunk.length > bytes) {
        throw corrupt(`${url}: the server sends more than the ${bytes} bytes of the official file`);
      }
      await file.write(chunk, 0, chunk.length, at);
      at += chunk.length;
      progress?.(at, bytes);
    }
    if (at < bytes) throw new Transient(`the connection ended after ${at} of ${bytes} bytes`);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ECONNRESET' || code === 'ETIMEDOUT') throw new Transient(`the connection was lost (${code})`);
    throw error;
  } finally {
    response.destroy();
    await file?.close();
  }
}

/**
 * Follows redirects to a response of status 200 or 206. Node's own client rather than `fetch`: servers label .gz files
 * with Content-Encoding, and `fetch` would unpack them.
 */
async function request(url: string, headers: Record<string, string>): Promise<IncomingMessage> {
  let at = new URL(url);
  for (let redirects = 0; redirects <= REDIRECTS; redirects++) {
    const response = await getOnce(at, headers);
    const status = response.statusCode ?? 0;
    if (status === 200 || status === 206) return response;
    response.destroy();
    const location = response.headers.location;
    if (status >= 300 && status < 400 && location !== undefined) {
      at = new URL(location, at);
      continue;
    }
    if (status === 429 || status >= 500) throw new Transient(`the server answered ${status}`);
    throw missing(`${at}: the server answered ${status} ${response.statusMessage ?? ''}`);
  }
  throw missing(`${url}: more than ${REDIRECTS} redirects`);
}

function getOnce(url: URL, headers: Record<string, string>): Promise<IncomingMessage> {
  if (!isSecure(url)) throw missing(`${url}: not fetched, only https addresses are`);
  const get = url.protocol === 'https:' ? getHttps : getHttp;
  return new Promise((resolve, reject) => {
    const sent = get(url, { headers: { 'accept-encoding': 'identity', ...headers }, timeout: IDLE_MS }, resolve);
    sent.on('timeout', () => sent.destroy(Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' })));
    sent.on('error', (error) => reject(new Transient(`cannot be reached: ${codeOf(error) ?? error.message}`)));
  });
}

/** Encrypted, or on this machine: a mirror or a test server on the loopback address never leaves it. */
function isSecure({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(hostname));
}

/** The size of a file; 0 where there is none. */
const bytesOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );
