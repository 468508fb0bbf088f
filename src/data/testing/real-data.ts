/** The real data sets, for the tests that want them, where they are there. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { DatasetName } from '../catalogue.js';
import { findDataset, officialPlace } from '../open.js';

/** A folder beside the checkout, with a script that writes the official files into a folder it is given. */
const UNPACK = fileURLToPath(new URL('../../../../shared/data/unpack.sh', import.meta.url));
const UNPACK_TIMEOUT_MS = 300_000;

/**
 * A data folder that has the real data set, for tests that need it: SMOOTHOUT_DATA, else ../shared/data unpacked once
 * into a temporary folder. Undefined, with a message, where there is neither:
 *
 *     const data = await realData('mnist');
 *     test.skipIf(data === undefined)('…', () => openDataset('mnist', { directory: data }));
 */
export async function realData(name: DatasetName): Promise<string | undefined> {
  const named = process.env.SMOOTHOUT_DATA;
  if (named && (await findDataset(officialPlace(name, named)))) return named;
  if (await exists(UNPACK)) return unpackOnce(name);
  console.warn(`skipped: these tests need the real ${name} data; name a folder that has it in SMOOTHOUT_DATA`);
  return undefined;
}

/** Test files run in several processes: one unpacks, the others wait for it. */
async function unpackOnce(name: DatasetName): Promise<string | undefined> {
  const cache = join(process.env.SMOOTHOUT_TEST_CACHE ?? tmpdir(), `smoothout-real-data-${userInfo().username}`);
  const folder = join(cache, name);
  const lock = `${folder}.lock`;
  await mkdir(cache, { recursive: true });
  for (;;) {
    if (await exists(folder)) return folder;
    try {
      await mkdir(lock);
      break;
    } catch {
      const { mtimeMs } = await stat(lock).catch(() => ({ mtimeMs: Date.now() }));
      if (Date.now() - mtimeMs > UNPACK_TIMEOUT_MS) await rm(lock, { recursive: true, force: true });
      await sleep(200);
    }
  }
  const temporary = await mkdtemp(`${folder}.`);
  try {
    await promisify(execFile)(UNPACK, [temporary, name.replace('cifar', 'cifar-')], { timeout: UNPACK_TIMEOUT_MS });
    await rename(temporary, folder);
    return folder;
  } catch (error) {
    console.warn(`skipped: ${UNPACK} failed for ${name}: ${(error as Error).message}`);
    return undefined;
  } finally {
    await rm(temporary, { recursive: true, force: true });
    await rm(lock, { recursive: true, force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
