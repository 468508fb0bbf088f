import sharp from 'sharp';
import { SmoothOutError } from '../support/errors.js';

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
