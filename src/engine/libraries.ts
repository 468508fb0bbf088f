/** Where the dynamic linker of Linux would find a shared library. */
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const MACHINE = process.arch === 'arm64' ? 'aarch64' : 'x86_64';

/** Where a linker without a cache looks, and where NVIDIA's containers and Windows put theirs. */
const FOLDERS = [
  ...[`/usr/lib/${MACHINE}-linux-gnu`, `/lib/${MACHINE}-linux-gnu`, '/usr/lib64', '/usr/lib', '/lib64', '/lib'],
  ...['/usr/local/lib', '/usr/local/cuda/lib64', '/usr/local/nvidia/lib64', '/usr/lib/wsl/lib'],
];

let cache: Promise<string> | undefined;

/** The path of the library `name` (libcuda.so.1), by LD_LIBRARY_PATH, the linker's cache and the usual folders. */
export async function findLibrary(name: string): Promise<string | undefined> {
  const named = (process.env.LD_LIBRARY_PATH ?? '').split(':').filter(Boolean);
  cache ??= promisify(execFile)('/sbin/ldconfig', ['-p']).then(
    ({ stdout }) => stdout,
    () => '',
  );
  const cached = (await cache).split('\n').find((line) => line.startsWith(`\t${name} (`));
  return (await inFolders(named, name)) ?? cached?.split(' => ')[1] ?? (await inFolders(FOLDERS, name));
}

async function inFolders(folders: readonly string[], name: string): Promise<string | undefined> {
  for (const folder of folders) {
    const names = await readdir(folder).catch((): string[] => []);
    if (names.includes(name)) return join(folder, name);
  }
  return undefined;
}
