/**
 * `node --import` of this file: a file system without hard links and flushes of folders, each refused with the code in
 * POOR_FILE_SYSTEM, as exFAT, FAT and many network and container mounts do.
 */
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const code = process.env.POOR_FILE_SYSTEM;
const refuse = (syscall) => async () => {
  throw Object.assign(new Error(`${code}: ${syscall}`), { code, syscall });
};

const { open } = fs;
fs.open = async (...args) => {
  const handle = await open(...args);
  if ((await handle.stat()).isDirectory()) handle.sync = refuse('fsync');
  return handle;
};
fs.link = refuse('link');
syncBuiltinESMExports();
