/** What is done of a curve or a measurement that is under way: the same command goes on from there. */
import { randomBytes } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { named } from '../support/at.js';
import { makeFolder, readTextIfExists, writeFileAtomic } from '../support/files.js';
import { encodeSafetensors, readSafetensors } from '../support/safetensors.js';

export type PartialState<State extends object> = ReturnType<typeof partialState<State>>;

const STATE = 'state.json';
/** JSON has no word for a loss that overflowed. */
const NOT_FINITE = ['NaN', 'Infinity', '-Infinity'];

/**
 * For a state of plain data and Float32Arrays, each of which is a file of its own that is written once: an array whose
 * numbers change must become another object.
 *
 * @param folder is made for it, and holds nothing else
 * @param question all that the state depends on
 * @param seconds between two times that `keep` writes
 */
export function partialState<State extends object>(folder: string, question: object, seconds: number) {
  const names = new WeakMap<Float32Array, string>();
  let writtenAt = performance.now();

  /** What was saved for exactly this question; null where there is nothing, or where it is damaged. */
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
      const saved = decoded(text ?? '', vectors);
      return isDeepStrictEqual(saved.question, decoded(encoded(question))) ? saved.state : null;
    } catch {
      return null;
    }
  }

  /** @throws SmoothOutError NO_SPACE, OUTPUT_UNWRITABLE */
  async function write(state: State): Promise<void> {
    const vectors = new Map<string, Float32Array>();
    const text = encoded({ question, state }, (vector) => {
      const name = names.get(vector) ?? `${randomBytes(6).toString('hex')}.safetensors`;
      vectors.set(name, vector);
      return name;
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
    writtenAt = performance.now();
  }

  return {
    read,
    write,
    /** Writes where that was long ago. @throws as `write` */
    async keep(state: State): Promise<void> {
      if (performance.now() - writtenAt >= 1000 * seconds) await write(state);
    },
    /** To be called once all is safely where it belongs. */
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

function encoded(value: object, nameOf?: (vector: Float32Array) => string): string {
  return JSON.stringify(value, (_, item) => {
    if (item instanceof Float32Array) return { vectorIn: nameOf?.(item) };
    return typeof item === 'number' && !Number.isFinite(item) ? String(item) : item;
  });
}

function decoded(text: string, vectors: ReadonlyMap<string, Float32Array> = new Map()) {
  return JSON.parse(text, (_, item) => {
    if (NOT_FINITE.includes(item)) return Number(item);
    if (item?.vectorIn === undefined) return item;
    const vector = vectors.get(item.vectorIn);
    if (vector) return vector;
    throw new Error(`${item.vectorIn} is missing`);
  });
}

const vectorFiles = async (folder: string): Promise<string[]> =>
  (await readdir(folder)).filter((name) => name.endsWith('.safetensors'));
