/** One member of a tar archive; fields may be spoilt on purpose. */
export interface Member {
  readonly name: string;
  readonly data?: Uint8Array;
  readonly type?: string;
  readonly size?: string;
  readonly prefix?: string;
  readonly checksum?: string;
}

/** A ustar archive. */
export function tar(members: readonly Member[], end = Buffer.alloc(1024)): Buffer {
  const blocks = members.flatMap(({ name, data = Buffer.alloc(0), type = '0', size, prefix = '', checksum }) => {
    const header = Buffer.alloc(512);
    header.write(name, 0, 'latin1');
    header.write('0000644\0', 100);
    header.write(size ?? `${data.length.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
    header.write('        ', 148);
    header.write(type, 156, 'latin1');
    header.write('ustar\x0000', 257, 'latin1');
    header.write(prefix, 345, 'latin1');
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(checksum ?? `${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    return [header, data, Buffer.alloc((512 - (data.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, end]);
}
