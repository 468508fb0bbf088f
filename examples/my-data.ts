/** A data set of one's own, named by a config as `dataset: ./my-data.ts`: horizontal and vertical stripes under noise. */
import type { OwnDataset } from 'smoothout';

const SIDE = 8;

function stripes(count: number, seed: number) {
  let state = seed;
  // A generator of Lehmer's: the images are the same on every machine.
  const random = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  const labels = Int32Array.from({ length: count }, (_, i) => i % 2);
  const images = Float32Array.from({ length: count * SIDE * SIDE }, (_, k) => {
    const [image, place] = [Math.floor(k / SIDE ** 2), k % SIDE ** 2];
    const line = labels[image] === 0 ? Math.floor(place / SIDE) : place % SIDE;
    return (line % 2 === 0 ? 1 : -1) + 4 * (random() - 0.5);
  });
  return { images, labels };
}

export default {
  title: 'Stripes',
  classes: 2,
  shape: { channels: 1, height: SIDE, width: SIDE },
  load: async () => ({ train: stripes(600, 1), test: stripes(200, 2) }),
} satisfies OwnDataset;
