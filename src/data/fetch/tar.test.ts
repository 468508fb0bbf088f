import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SmoothOutError } from '../../support/errors.js';
import { temporaryFolder } from '../testing/fixtures.js';
import { type Member, tar } from '../testing/tar.js';
import { readTarFiles } from './tar.js';

const A = { name: 'set/a.bin', data: Buffer.alloc(700, 1) };
const B = { name: 'set/b.bin', data: Buffer.alloc(512, 2) };
const sizes = new Map([
  ['set/a.bin', 700],
  ['set/b.bin', 512],
]);
const read = (bytes: Uint8Array) => readTarFiles(bytes, 'set.tar.gz', sizes);

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
    const files = read(archive);
    expect([...files.keys()].sort()).toEqual(['set/a.bin', 'set/b.bin']);
    expect(Buffer.from(files.get('set/a.bin')!).equals(A.data)).toBe(true);
    expect(Buffer.from(files.get('set/b.bin')!).equals(B.data)).toBe(true);
  });

  test('reads what the tar command writes', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'set'));
    await writeFile(join(folder, 'set/a.bin'), A.data);
    await writeFile(join(folder, 'set/b.bin'), B.data);
    for (const format of ['ustar', 'gnu', 'pax']) {
      execFileSync('tar', ['-C', folder, `--format=${format}`, '-cf', join(folder, 'x.tar'), 'set']);
      expect(Buffer.from(read(readFileSync(join(folder, 'x.tar'))).get('set/a.bin')!).equals(A.data)).toBe(true);
    }
  });

  test.each<[string, Buffer, string]>([
    ['a missing file', tar([A]), 'set/b.bin is not in it'],
    ['a file twice', tar([A, B, A]), 'set/a.bin is in it twice'],
    ['a symbolic link', tar([A, { name: B.name, type: '2' }]), 'set/b.bin is no regular file'],
    ['a hard link', tar([A, { name: B.name, type: '1' }]), 'set/b.bin is no regular file'],
    ['another size', tar([A, { ...B, data: Buffer.alloc(511) }]), 'set/b.bin has 511 bytes, expected 512'],
    ['a negative size', tar([spoilt({ size: '-0000000001\0' })]), 'damaged size at byte 0'],
    ['a binary size', tar([spoilt({ size: '\x80\0\0\0\0\0\0\0\0\0\x02\0' })]), 'damaged size at byte 0'],
    ['a size beyond the end', tar([spoilt({ size: '77777777777\0' })]), 'truncated'],
    ['a wrong checksum', tar([spoilt({ checksum: '000000\0 ' })]), 'damaged header at byte 0'],
    ['half a file', tar([A, B]).subarray(0, 900), 'truncated'],
    ['half a header', tar([A, B]).subarray(0, 1536 + 100), 'truncated'],
    ['no end', tar([A, B], Buffer.alloc(0)), 'truncated'],
    ['nothing', Buffer.alloc(0), 'truncated'],
    ['a web page', Buffer.from('<html>not found</html>'.repeat(60)), 'damaged header at byte 0'],
  ])('refuses %s', (_, archive, message) => {
    expect(() => read(archive)).toThrow(SmoothOutError);
    expect(() => read(archive)).toThrow(expect.objectContaining({ code: 'DATA_CORRUPT' }));
    expect(() => read(archive)).toThrow(new RegExp(`^set.tar.gz: .*${message}`));
  });
});

function spoilt(fields: Partial<Member>): Member {
  return { name: 'set/a.bin', data: A.data, ...fields };
}
