/** SHA-256 in hexadecimal digits. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Of the parts one after another. */
export function sha256(...parts: readonly (string | NodeJS.ArrayBufferView)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

/** The digest of a file's content after it has gone through the stages. Rejects with what reading and the stages throw. */
export async function sha256OfFile(path: string, stages: readonly Duplex[] = []): Promise<string> {
  const hash = createHash('sha256');
  await pipeline([createReadStream(path), ...stages, hash]);
  return hash.digest('hex');
}
