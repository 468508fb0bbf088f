import { SmoothOutError } from '../../support/errors.js';

const BLOCK = 512;
/** Type flags of a regular file. */
const REGULAR = ['0', '\0'];

/**
 * The wanted files of an uncompressed tar archive, by member name. Everything else in it is skipped, never written
 * anywhere: no member's name is ever used as a path.
 *
 * @param sizes the wanted members and their exact sizes.
 * @throws SmoothOutError DATA_CORRUPT: damaged or truncated, or a wanted member is missing, there twice, no regular file,
 * or of another size.
 */
export function readTarFiles(
  bytes: Uint8Array,
  archive: string,
  sizes: ReadonlyMap<string, number>,
): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  const corrupt = (what: string) => new SmoothOutError('DATA_CORRUPT', `${archive}: ${what}`);
  for (let at = 0; ; ) {
    const header = bytes.subarray(at, at + BLOCK);
    if (header.length < BLOCK) throw corrupt('the archive is truncated');
    // The end is marked by blocks of zeros.
    if (header.every((byte) => byte === 0)) break;
    if (checksum(header) !== octal(header, 148, 8)) throw corrupt(`damaged header at byte ${at}`);
    const size = octal(header, 124, 12);
    if (size === undefined) throw corrupt(`damaged size at byte ${at}`);
    const start = at + BLOCK;
    if (start + size > bytes.length) throw corrupt('the archive is truncated');
    const prefix = text(header, 345, 155);
    const name = `${prefix ? `${prefix}/` : ''}${text(header, 0, 100)}`.replace(/^\.\//, '');
    const expected = sizes.get(name);
    if (expected !== undefined) {
      if (found.has(name)) throw corrupt(`${name} is in it twice`);
      if (!REGULAR.includes(String.fromCharCode(header[156]!))) throw corrupt(`${name} is no regular file`);
      if (size !== expected) throw corrupt(`${name} has ${size} bytes, expected ${expected}`);
      found.set(name, bytes.subarray(start, start + size));
    }
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  for (const name of sizes.keys()) if (!found.has(name)) throw corrupt(`${name} is not in it`);
  return found;
}

/** Text up to the first zero byte. */
function text(header: Uint8Array, from: number, length: number): string {
  const field = header.subarray(from, from + length);
  const end = field.indexOf(0);
  return Buffer.from(end < 0 ? field : field.subarray(0, end)).toString('latin1');
}

/** A number in octal digits; undefined for anything else. */
function octal(header: Uint8Array, from: number, length: number): number | undefined {
  const digits = text(header, from, length).trim();
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : undefined;
}

/** The sum of the header's bytes, its own field counted as spaces. */
function checksum(header: Uint8Array): number {
  return header.reduce((sum, byte, i) => sum + (i >= 148 && i < 156 ? 32 : byte), 0);
}
