/** Images that are drawn in memory, for tests of training. */
import { normal } from '../../support/random.js';
import type { ImageSource } from '../source.js';

const SHAPE = { channels: 1, height: 4, width: 4 };
const SIZE = 16;
const CLASSES = 3;

/** Images around one pattern a class, in noise strong enough that a small network errs now and then. */
export function tinySource(name: string, count: number): ImageSource {
  const patterns = normal({ seed: 1, purpose: 'test' }, CLASSES * SIZE);
  const noise = normal({ seed: 2, purpose: 'test', chunk: name.length }, count * SIZE);
  const labels = Int32Array.from({ length: count }, (_, i) => i % CLASSES);
  const images = noise.map((value, i) => value + patterns[labels[Math.floor(i / SIZE)]! * SIZE + (i % SIZE)]!);
  return {
    name: `tiny ${name}`,
    count,
    classes: CLASSES,
    shape: SHAPE,
    labels,
    async read(indices, out) {
      indices.forEach((index, i) => {
        out.set(images.subarray(index * SIZE, (index + 1) * SIZE), i * SIZE);
      });
    },
  };
}
