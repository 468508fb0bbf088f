import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { constants, gunzip, gunzipSync } from 'node:zlib';
import { SmoothOutError } from '../support/errors.js';
import { idxHeaderSize, parseIdxHeader } from './idx.js';

/** Compressed bytes that surely hold an IDX header, and too few to hold a large output. */
const HEAD = 4096;

/**
 * The bytes of an IDX file, uncompressed where its name ends in .gz. Never more memory than the header asks for and its
 * checks allow, whatever the compressed file claims.
 *
 * @throws SmoothOutError DATA_MISSING: unreadable; DATA_CORRUPT: damaged gzip data, or more of it than the header says.
 */
export async function readIdxFile(file: string, rank: number): Promise<Uint8Array> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    throw new SmoothOutError('DATA_MISSING', `${file}: cannot be read (${(cause as Error).message})`, { cause });
  }
  if (!file.endsWith('.gz')) return bytes;
  try {
    const head = gunzipSync(bytes.subarray(0, HEAD), { finishFlush: constants.Z_SYNC_FLUSH });
    const dimensions = parseIdxHeader(head, file, rank);
    const size = dimensions.reduce((product, length) => product * length, 1);
    return await promisify<Buffer, object, Buffer>(gunzip)(bytes, { maxOutputLength: idxHeaderSize(rank) + size });
  } catch (cause) {
    if (cause instanceof SmoothOutError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    const how =
      code === 'ERR_BUFFER_TOO_LARGE' ? 'holds more bytes than its header says' : `not intact gzip: ${message}`;
    throw new SmoothOutError('DATA_CORRUPT', `${file}: ${how}`, {
      hint: 'Fetch or copy the file again; `smoothout data verify` checks it.',
      cause,
    });
  }
}
