/** What a file really is that stands where a data file should: its first bytes tell, whatever its name says. */
import { open } from 'node:fs/promises';

/** As much as is looked at. */
const HEAD = 512;

export const isGzip = (head: Uint8Array): boolean => head[0] === 0x1f && head[1] === 0x8b;

const KINDS: readonly [what: string, is: (head: Uint8Array, text: string) => boolean][] = [
  ['a web page that was saved in the place of the file', (_, text) => /^\s*<(!doctype|html|\?xml)/i.test(text)],
  ['a Git LFS pointer: `git lfs pull` gets the file', (_, text) => text.startsWith('version https://git-lfs')],
  ['a zip archive: unpack it first', (_, text) => text.startsWith('PK\x03\x04')],
  ['a tar archive: unpack it first', (_, text) => text.slice(257, 262) === 'ustar'],
  ['compressed by gzip: unpack it first', isGzip],
  // Protocols 2 to 5.
  ['a Python pickle: of the python version of the data set', ([mark, protocol]) => mark === 0x80 && protocol! < 6],
];

/** In words, where these first bytes of a file are not those of data. */
export function foreignKind(head: Uint8Array): string | undefined {
  const text = Buffer.from(head.subarray(0, HEAD)).toString('latin1');
  return KINDS.find(([, is]) => is(head, text))?.[0];
}

/** @throws what opening and reading it throw. */
export async function headOf(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(HEAD), 0, HEAD, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
