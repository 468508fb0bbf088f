/** `.curvature-….partial/` beside a checkpoint: a measurement under way, for the same command to go on from. */
import { randomBytes } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { named } from '../support/at.js';
import { sha256 } from '../support/digest.js';
import { makeFolder, readTextIfExists, writeFileAtomic } from '../support/files.js';
import { encodeSafetensors, readSafetensors } from '../support/safetensors.js';

interface PartialState<State> {
  /** What was saved; null where there is nothing, or where it is damaged. */
  read(): Promise<State | null>;
  /** @throws SmoothOutError NO_SPACE, OUTPUT_UNWRITABLE */
  write(state: State): Promise<void>;
  remove(): Promise<void>;
}

const STATE = 'state.json';

/**
 * For a state of plain data and Float32Arrays, each of which is a file of its own that is written once: an array whose
 * numbers change must become another object.
 *
 * @param question all that the state depends on: each question has a folder of its own
 */
export function partialState<State extends object>(checkpoint: string, question: object): PartialState<State> {
  const digest = sha256(JSON.stringify(question)).slice(0, 12);
  const folder = join(dirname(checkpoint), `.curvature-${digest}.partial`);
  const names = new WeakMap<Float32Array, string>();

  async function read(): Promise<State | null> {
    const text = await readTextIfExists(join(folder, STATE));
    try {
      const vectors = new Map<string, Float32Array>();
      for (const file of await vectorFiles(folder)) {
        const { tensors } = await readSafetensors(join(folder, file));
        const data = named(tensors, 'vector').data as Float32Array;
        vectors.set(file, data);
        names.set(data, file);
      }
      return JSON.parse(text ?? '', (_, value) => {
        if (value?.vectorIn === undefined) return value;
        const vector = vectors.get(value.vectorIn);
        if (vector) return vector;
        throw new Error(`${value.vectorIn} is missing`);
      });
    } catch {
      return null;
    }
  }

  async function write(state: State): Promise<void> {
    const vectors = new Map<string, Float32Array>();
    const text = JSON.stringify(state, (_, value) => {
      if (!(value instanceof Float32Array)) return value;
      const name = names.get(value) ?? `${randomBytes(6).toString('hex')}.safetensors`;
      vectors.set(name, value);
      return { vectorIn: name };
    });
    await makeFolder(folder);
    for (const [name, data] of vectors) {
      if (names.has(data)) continue;
      await writeFileAtomic(join(folder, name), encodeSafetensors({ vector: { shape: [data.length], data } }));
      names.set(data, name);
    }
    await writeFileAtomic(join(folder, STATE), text);
    const stale = (await vectorFiles(folder)).filter((name) => !vectors.has(name));
    for (const name of stale) await rm(join(folder, name), { force: true });
  }

  return { read, write, remove: () => rm(folder, { recursive: true, force: true }) };
}

const vectorFiles = async (folder: string): Promise<string[]> =>
  (await readdir(folder)).filter((name) => name.endsWith('.safetensors'));
