/**
 * What native libraries write to stderr, which JavaScript never sees. Where stderr is a file, it can be read: by the process
 * that writes there as well as by the one that opened it.
 */
import { randomUUID } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { asWriteError } from './files.js';

/**
 * A file for the stderr of a child process: `fd` is for its `stdio`, and `newText` what was written since the last call.
 *
 * @throws SmoothOutError NO_SPACE, OUTPUT_UNWRITABLE: the folder for temporary files takes none.
 */
export function openStderrFile() {
  const path = join(tmpdir(), `smoothout-${randomUUID()}.stderr`);
  const fd = openNew(path);
  // Nobody needs its name, and so nothing is left where this process is killed. Windows keeps a file that is open.
  const keepsOpenFiles = process.platform === 'win32';
  if (!keepsOpenFiles) rmSync(path);
  return {
    fd,
    newText: newTextIn(fd, 0),
    close() {
      closeSync(fd);
      if (keepsOpenFiles) rmSync(path, { force: true });
    },
  };
}

function openNew(path: string): number {
  try {
    return openSync(path, 'ax+', 0o600);
  } catch (error) {
    throw asWriteError(error, path);
  }
}

/** Each call returns what was written to this process's stderr since the last; nothing where stderr is no file. */
export function newTextOnStderr(): () => string {
  try {
    const stats = fstatSync(2);
    if (stats.isFile()) {
      // Opened anew: a shell opens a file that it writes to for writing alone.
      const fd = process.platform === 'win32' ? 2 : openSync('/dev/fd/2', 'r');
      readSync(fd, Buffer.alloc(1), 0, 1, 0);
      return newTextIn(fd, stats.size);
    }
  } catch {
    // Closed, or not to be read.
  }
  return () => '';
}

function newTextIn(fd: number, from: number): () => string {
  const decoder = new StringDecoder('utf8');
  let end = from;
  return () => {
    const { size } = fstatSync(fd);
    if (size <= end) return '';
    const bytes = Buffer.alloc(size - end);
    const count = readSync(fd, bytes, 0, bytes.length, end);
    end += count;
    return decoder.write(bytes.subarray(0, count));
  };
}
