/** SHA-256 in hexadecimal digits. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

/** The digest of a file's content after it has gone through the stages. Rejects with what reading and the stages throw. */
export async function sha256OfFile(path: string, stages: readonly Duplex[] = []): Promise<string> {
  const hash = createHash('sha256');
  await pipeline([createReadStream(path), ...stages, hash]);
  return hash.digest('hex');
}
