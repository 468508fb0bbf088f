/** Speeds that were measured on this machine, kept in the user's cache folder. */
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { sha256 } from '../support/digest.js';
import { makeFolder, parseJson, readTextIfExists, writeFileAtomic } from '../support/files.js';

const speedSchema = z.object({
  /** Of one job, while all of them train. */
  imagesPerSecond: z.number().positive(),
  /** Of its process, in bytes. */
  memory: z.number().positive(),
});
export type KeptSpeed = z.output<typeof speedSchema>;

const speedsSchema = z.record(z.string(), speedSchema);

const pathOfSpeeds = (): string =>
  join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'smoothout', 'speeds.json');

/** What was kept, by `keyOf`; nothing where there is no such file, or none that can be read. */
export async function keptSpeeds(): Promise<Readonly<Record<string, KeptSpeed>>> {
  const text = await readTextIfExists(pathOfSpeeds()).catch(() => null);
  return speedsSchema.safeParse(parseJson(text ?? '')).data ?? {};
}

/** Adds speeds to the file. Where it cannot be written, they are measured again another time. */
export async function keepSpeeds(speeds: Readonly<Record<string, KeptSpeed>>): Promise<void> {
  const path = pathOfSpeeds();
  try {
    await makeFolder(dirname(path));
    await writeFileAtomic(path, `${JSON.stringify({ ...(await keptSpeeds()), ...speeds }, null, 1)}\n`);
  } catch {}
}

/** One key for all that decides a speed: a machine, a version, a split of it into jobs, a network and its settings. */
export function keyOf(...parts: readonly unknown[]): string {
  return sha256(JSON.stringify(parts)).slice(0, 16);
}
