import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

export interface FileDigests {
  readonly bytes: number;
  readonly md5: string;
  readonly sha256: string;
}

/** Size and digests of a file as it is. */
export async function digestFile(path: string): Promise<FileDigests> {
  const md5 = createHash('md5');
  const sha256 = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path)) {
    bytes += (chunk as Buffer).length;
    md5.update(chunk as Buffer);
    sha256.update(chunk as Buffer);
  }
  return { bytes, md5: md5.digest('hex'), sha256: sha256.digest('hex') };
}

/** SHA-256 of a file's content, uncompressed where its name ends in .gz. Rejects where the gzip data is damaged. */
export async function digestContent(path: string): Promise<string> {
  const hash: Hash = createHash('sha256');
  const stages = path.endsWith('.gz') ? [createGunzip()] : [];
  await pipeline([createReadStream(path), ...stages, hash]);
  return hash.digest('hex');
}
