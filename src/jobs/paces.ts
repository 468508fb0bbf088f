/** Paces that were measured on this machine, kept in the user's cache folder. */
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { sha256 } from '../support/digest.js';
import { makeFolder, parseJson, readTextIfExists, writeFileAtomic } from '../support/files.js';

const paceSchema = z.object({
  /** Of one job, while all of them train. */
  imagesPerSecond: z.number().positive(),
  /** Of its process, in bytes. */
  memory: z.number().positive(),
});
export type KeptPace = z.output<typeof paceSchema>;

const pacesSchema = z.record(z.string(), paceSchema);

const pathOfPaces = (): string =>
  join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'smoothout', 'paces.json');

/** What was kept, by `keyOf`; nothing where there is no such file, or none that can be read. */
export async function keptPaces(): Promise<Readonly<Record<string, KeptPace>>> {
  const text = await readTextIfExists(pathOfPaces()).catch(() => null);
  return pacesSchema.safeParse(parseJson(text ?? '')).data ?? {};
}

/** Adds paces to the file. Where it cannot be written, they are measured again another time. */
export async function keepPaces(paces: Readonly<Record<string, KeptPace>>): Promise<void> {
  const path = pathOfPaces();
  try {
    await makeFolder(dirname(path));
    await writeFileAtomic(path, `${JSON.stringify({ ...(await keptPaces()), ...paces }, null, 1)}\n`);
  } catch {}
}

/** One key for all that decides a pace: a machine, a version, a split of it into jobs, a network and its settings. */
export function keyOf(...parts: readonly unknown[]): string {
  return sha256(JSON.stringify(parts)).slice(0, 16);
}
