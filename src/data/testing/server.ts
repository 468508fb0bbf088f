/** A file server on the loopback address, and archives for it to serve. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TestServer {
  readonly url: string;
  /** Every request so far: 'path' or 'path range'. */
  readonly requests: readonly string[];
  readonly close: () => Promise<void>;
}

/** What a path answers: its bytes (with ranges, as file servers do), or anything else. */
export type Answer = Uint8Array | ((request: IncomingMessage, response: ServerResponse) => void);

/** A file server on the loopback address. `answers` may be changed while it runs. */
export async function serve(answers: Record<string, Answer>): Promise<TestServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url!.slice(1);
    requests.push(request.headers.range === undefined ? path : `${path} ${request.headers.range}`);
    const answer = answers[path];
    if (answer === undefined) response.writeHead(404).end();
    else if (typeof answer === 'function') answer(request, response);
    else sendFile(answer, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function sendFile(bytes: Uint8Array, request: IncomingMessage, response: ServerResponse): void {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const headers = { 'content-length': bytes.length - start };
  if (start === 0) response.writeHead(200, headers);
  else response.writeHead(206, { ...headers, 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` });
  response.end(bytes.subarray(start));
}

/** One member of a tar archive; fields may be spoilt on purpose. */
export interface Member {
  readonly name: string;
  readonly data?: Uint8Array;
  readonly type?: string;
  readonly size?: string;
  readonly prefix?: string;
}

/** A ustar archive. */
export function tar(members: readonly Member[]): Buffer {
  const blocks = members.flatMap(({ name, data = Buffer.alloc(0), type = '0', size, prefix = '' }) => {
    const header = Buffer.alloc(512);
    header.write(name, 0, 'latin1');
    header.write('0000644\0', 100);
    header.write(size ?? `${data.length.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
    header.write('        ', 148);
    header.write(type, 156, 'latin1');
    header.write('ustar\x0000', 257, 'latin1');
    header.write(prefix, 345, 'latin1');
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    return [header, data, Buffer.alloc((512 - (data.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}
