/** ImageNet: class folders of JPEG files, decoded as they are read. */

import { join } from 'node:path';
import sharp from 'sharp';
import { SmoothOutError } from '../support/errors.js';
import type { Stream } from '../support/random.js';
import type { Place } from './catalogue.js';
import { classFolders, type ImageFiles, listImages, locateImageFolders } from './image-folders.js';
import {
  augmentationWords,
  type Crop,
  IMAGENET_NORMALISATION,
  normalisationTables,
  randomCrop,
} from './preprocessing.js';
import { checkRead, type Dataset, type ImageSource, imageSize } from './source.js';

/** Shorter side 256, then a crop of 224 (authors' alexnet.py:57-73). */
const SHORTER_SIDE = 256;
const CROP = 224;
const SHAPE = { channels: 3, height: CROP, width: CROP } as const;

/**
 * Images being decoded at once: enough to keep every thread busy while the main thread computes a step, and at most
 * about 70 MB of decoded pixels.
 */
const IN_FLIGHT = 256;

/**
 * ImageNet as class folders train/<wnid>/*.JPEG and val/<wnid>/*.JPEG. A class's label is its place among the sorted
 * names of the training folders.
 *
 * @throws SmoothOutError DATA_MISSING, DATA_CORRUPT naming the file or folder.
 */
export async function openImageNet(place: Place): Promise<Omit<Dataset, 'synthetic'>> {
  const folder = await locateImageFolders(place);
  const classes = await classFolders(join(folder, 'train'));
  const train = await listImages(join(folder, 'train'), classes);
  const val = await listImages(join(folder, 'val'), classes);
  return {
    name: 'imagenet',
    directory: folder,
    train: folderSource('imagenet train', train, classes.length),
    test: folderSource('imagenet val', val, classes.length),
  };
}

function folderSource(name: string, { files, labels }: ImageFiles, classes: number): ImageSource {
  const size = imageSize(SHAPE);
  const tables = normalisationTables(IMAGENET_NORMALISATION);
  const source: ImageSource = {
    name,
    count: files.length,
    classes,
    shape: SHAPE,
    labels,
    async read(indices, out, augmentation) {
      checkRead(source, indices, out);
      let next = 0;
      const work = async () => {
        while (next < indices.length) {
          const position = next++;
          const index = indices[position]!;
          const pixels = await decodeImage(files[index]!, SHORTER_SIDE);
          cropPixels(tables, pixels, chooseCrop(pixels, index, augmentation), out, position * size);
        }
      };
      try {
        await Promise.all(Array.from({ length: Math.min(IN_FLIGHT, indices.length) }, work));
      } finally {
        // After a failure the other workers stop at their next image.
        next = indices.length;
      }
    },
  };
  return source;
}

function chooseCrop({ height, width }: Pixels, index: number, augmentation: Stream | undefined): Crop {
  const rows = height - CROP + 1;
  const columns = width - CROP + 1;
  if (augmentation) return randomCrop(augmentationWords(augmentation, index, new Uint32Array(4)), rows, columns);
  return { top: Math.round((height - CROP) / 2), left: Math.round((width - CROP) / 2), flip: false };
}

/** RGB bytes of a crop → normalised channel planes at out[to …]. */
function cropPixels(
  [red, green, blue]: readonly Float32Array[],
  { data, width }: Pixels,
  { top, left, flip }: Crop,
  out: Float32Array,
  to: number,
): void {
  const plane = CROP * CROP;
  const step = flip ? -1 : 1;
  for (let y = 0; y < CROP; y++) {
    let source = ((top + y) * width + left) * 3;
    let target = to + y * CROP + (flip ? CROP - 1 : 0);
    for (let x = 0; x < CROP; x++, source += 3, target += step) {
      out[target] = red![data[source]!]!;
      out[target + plane] = green![data[source + 1]!]!;
      out[target + 2 * plane] = blue![data[source + 2]!]!;
    }
  }
}

/** One decoded image: RGB bytes, pixel by pixel. */
export interface Pixels {
  readonly data: Uint8Array;
  readonly height: number;
  readonly width: number;
}

// One thread an image and many images at once: sharp's own parallelism within an image only adds overhead. Its cache of
// decoded files is of no use to an epoch that reads each file once.
sharp.concurrency(1);
sharp.cache(false);

/**
 * Decodes an image and scales it, so that its shorter side has `shorterSide` pixels (bilinear with antialiasing, as
 * torchvision's Resize on PIL images). Grey and CMYK images become RGB. Runs on libuv's thread pool.
 *
 * @throws SmoothOutError DATA_CORRUPT naming the file.
 */
export async function decodeImage(file: string, shorterSide: number): Promise<Pixels> {
  try {
    const { data, info } = await sharp(file, { failOn: 'error' })
      .resize({ width: shorterSide, height: shorterSide, fit: 'outside', kernel: 'linear' })
      .toColourspace('srgb')
      .removeAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { data, height: info.height, width: info.width };
  } catch (cause) {
    throw new SmoothOutError('DATA_CORRUPT', `${file}: does not decode: ${(cause as Error).message.trim()}`, { cause });
  }
}
