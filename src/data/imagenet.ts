/** ImageNet: class folders of JPEG files, decoded as they are read. */
import { access, constants, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { at } from '../support/at.js';
import { reasonOf, SmoothOutError } from '../support/errors.js';
import { isFolder } from '../support/files.js';
import { inLanes } from '../support/lanes.js';
import type { Stream } from '../support/random.js';
import type { DatasetFormat, Finding, Inspection, StandInSplit } from './datasets.js';
import { corrupt, type DataPlace, missing, notFound, reading } from './files.js';
import { paintObject, SHAPES } from './generated/drawings.js';
import { type Crop, cropPlane, IMAGENET_NORMALISATION, normalisationTables, randomCrop } from './preprocessing.js';
import { checkRead, type DatasetFiles, type ImageSource, imageSize } from './source.js';

/** Shorter side 256, then a crop of 224 (authors' alexnet.py:57-73). */
const SHORTER_SIDE = 256;
const CROP = 224;
const SHAPE = { channels: 3, height: CROP, width: CROP } as const;

/**
 * Images being decoded at once: enough to keep every thread busy while the main thread computes a step, and at most
 * about 70 MB of decoded pixels.
 */
const IN_FLIGHT = 256;

const find = (place: DataPlace) => locate(place).catch(() => undefined);

export const imagenet: DatasetFormat = { spellings: (name) => [name], find, locate, read, inspect, draw };

/**
 * ImageNet as class folders train/<wnid>/*.JPEG and val/<wnid>/*.JPEG. A class's label is its place among the sorted
 * names of the training folders.
 */
async function read(place: DataPlace): Promise<DatasetFiles> {
  const folder = await locate(place);
  const train = await listImages(join(folder, 'train'));
  const val = await listImages(join(folder, 'val'), train.classes);
  return {
    directory: folder,
    train: folderSource(`${place.dataset} train`, train),
    test: folderSource(`${place.dataset} val`, val),
  };
}

function folderSource(name: string, { files, labels, classes }: ImageFiles): ImageSource {
  const size = imageSize(SHAPE);
  const tables = normalisationTables(IMAGENET_NORMALISATION);
  const source: ImageSource = {
    name,
    count: files.length,
    classes: classes.length,
    shape: SHAPE,
    labels,
    async read(indices, out, augmentation) {
      checkRead(source, indices, out);
      await inLanes(indices.entries(), IN_FLIGHT, async ([position, index]) => {
        const pixels = await decodeImage(at(files, index));
        const crop = chooseCrop(pixels, index, augmentation);
        for (const [channel, table] of tables.entries()) {
          const plane = { ...pixels, from: channel, step: tables.length };
          cropPlane(table, plane, crop, out, position * size + channel * CROP ** 2, CROP, CROP);
        }
      });
    },
  };
  return source;
}

function chooseCrop({ height, width }: Pixels, index: number, augmentation?: Stream): Crop {
  if (augmentation) return randomCrop(augmentation, index, height - CROP + 1, width - CROP + 1);
  return { top: Math.round((height - CROP) / 2), left: Math.round((width - CROP) / 2), flip: false };
}

/** One decoded image: RGB bytes, pixel by pixel. */
interface Pixels {
  readonly bytes: Uint8Array;
  readonly height: number;
  readonly width: number;
}

let decoder: ReturnType<typeof loadDecoder> | undefined;

/**
 * The library that reads and writes JPEG files, loaded with the first image: it brings a native library.
 *
 * @throws SmoothOutError ENGINE_UNAVAILABLE where that does not load.
 */
export async function loadSharp(): Promise<typeof import('sharp').default> {
  try {
    return (await import('sharp')).default;
  } catch (cause) {
    throw new SmoothOutError('ENGINE_UNAVAILABLE', `sharp, which reads JPEG files, does not load: ${reasonOf(cause)}`, {
      hint: 'npm ci installs it for this system; only ImageNet needs it.',
      cause,
    });
  }
}

async function loadDecoder() {
  const sharp = await loadSharp();
  // One thread an image and many images at once: sharp's own parallelism within an image only adds overhead. Its cache of
  // decoded files is of no use to an epoch that reads each file once.
  sharp.concurrency(1);
  sharp.cache(false);
  // It asks every format it knows whether a file is its own, each time opening it: as much work as a third of the decoding.
  // Some of ImageNet's .JPEG files are PNG.
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: ['VipsForeignLoadJpeg', 'VipsForeignLoadPng'] });
  return sharp;
}

/**
 * Decodes an image and scales it, so that its shorter side has 256 pixels (bilinear with antialiasing, as torchvision's
 * Resize on PIL images). Grey and CMYK images become RGB. Runs on libuv's thread pool.
 *
 * @throws SmoothOutError DATA_CORRUPT naming the file.
 */
async function decodeImage(file: string): Promise<Pixels> {
  decoder ??= loadDecoder();
  const open = await decoder;
  try {
    const { data, info } = await open(file, { failOn: 'error' })
      .resize({ width: SHORTER_SIDE, height: SHORTER_SIDE, fit: 'outside', kernel: 'linear' })
      .toColourspace('srgb')
      .removeAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { bytes: data, height: info.height, width: info.width };
  } catch (cause) {
    // The decoder takes a file that it may not open for one of an unknown format.
    await reading(file, access(file, constants.R_OK));
    throw corrupt(`${file}: does not decode: ${(cause as Error).message.trim()}`, { cause });
  }
}

/** The image files of one split, and the class of each. */
interface ImageFiles {
  readonly files: readonly string[];
  readonly labels: Int32Array;
  /** The names of all classes, by their labels. */
  readonly classes: readonly string[];
}

const IMAGE = /\.jpe?g$/i;

/** The first of the place's folders that has a `train` folder. @throws SmoothOutError DATA_MISSING */
async function locate(place: DataPlace): Promise<string> {
  for (const below of place.folders) {
    const folder = join(place.root, below);
    if (!(await isFolder(join(folder, 'train'), 'DATA_MISSING'))) continue;
    if (await isFolder(join(folder, 'val'), 'DATA_MISSING')) return folder;
    throw missing(`${place.dataset}: ${folder} has a train folder but no val folder`, place);
  }
  throw notFound(place, 'train and val folders');
}

/** The classes of a split, sorted: the names of its folders. @throws SmoothOutError DATA_CORRUPT */
async function classFolders(split: string): Promise<string[]> {
  const names = await visibleNames(split);
  for (const name of names) {
    if (await isFolder(join(split, name), 'DATA_MISSING')) continue;
    const sort = 'Sort the images into one folder a class first (see datasets/README.md).';
    throw corrupt(`${join(split, name)}: is a file, expected only class folders in ${split}`, {
      hint: IMAGE.test(name) ? sort : 'Remove it.',
    });
  }
  if (names.length === 0) throw corrupt(`${split}: is empty, expected a folder for each class`);
  return names;
}

/**
 * The images of a split; its classes are its own unless they are known. They are ordered in rounds: every class's first file,
 * then every class's second, and so on, so that the first N images (`trainLimit`) are spread over the classes.
 *
 * @throws SmoothOutError DATA_CORRUPT naming an empty class folder, a file that is no JPEG, or an unknown class.
 */
async function listImages(split: string, known?: readonly string[]): Promise<ImageFiles> {
  const found: { file: string; label: number; round: number }[] = [];
  const names = await classFolders(split);
  const classes = known ?? names;
  const labels = new Map(classes.map((name, label) => [name, label]));
  for (const name of names) {
    const folder = join(split, name);
    const label = labels.get(name);
    if (label === undefined)
      throw corrupt(`${folder}: no training images of this class, expected the folders of train`);
    const images = await visibleNames(folder);
    if (images.length === 0) throw corrupt(`${folder}: is empty, expected JPEG files`);
    for (const [round, image] of images.entries()) {
      const file = join(folder, image);
      if (!IMAGE.test(image)) throw corrupt(`${file}: expected only .JPEG or .jpg files in ${folder}`);
      found.push({ file, label, round });
    }
  }
  found.sort((a, b) => a.round - b.round || a.label - b.label);
  return { files: found.map(({ file }) => file), labels: Int32Array.from(found, ({ label }) => label), classes };
}

async function visibleNames(folder: string): Promise<string[]> {
  const names = await reading(folder, readdir(folder));
  return names.filter((name) => !name.startsWith('.')).sort();
}

/** Lists the class folders and decodes every image. */
async function inspect(
  place: DataPlace,
  progress?: (done: number, total: number) => void,
): Promise<Inspection | undefined> {
  const folder = await find(place);
  if (folder === undefined) return undefined;
  const findings: Finding[] = [];
  const note = (error: unknown) => {
    if (!(error instanceof SmoothOutError)) throw error;
    findings.push({ state: 'corrupt', what: folder, detail: error.message });
  };
  let files: readonly string[] = [];
  try {
    const train = await listImages(join(folder, 'train'));
    files = train.files;
    const val = await listImages(join(folder, 'val'), train.classes);
    files = [...train.files, ...val.files];
  } catch (error) {
    note(error);
  }
  let [done, good] = [0, 0];
  await inLanes(files, IN_FLIGHT, async (file) => {
    await decodeImage(file).then(() => good++, note);
    progress?.(++done, files.length);
  });
  const bad = findings.length;
  const state = bad === 0 ? 'readable' : 'corrupt';
  findings.push({ state, what: folder, detail: `${good} of ${files.length} images decode` });
  return { folder, findings, good, bad };
}

/** Twenty classes: each shape, solid and striped. Sizes differ, as in ImageNet. */
async function draw({ split, folder, images }: StandInSplit): Promise<void> {
  const sharp = await loadSharp();
  for await (const { image: i, numbers } of images) {
    const label = i % (2 * SHAPES.length);
    const wnid = `n${90_000_000 + label}`;
    const below = join(folder, split === 'train' ? 'train' : 'val', wnid);
    await mkdir(below, { recursive: true });
    const height = 160 + ((i * 37) % 120);
    const width = 160 + ((i * 53) % 140);
    const planes = new Uint8Array(3 * height * width);
    paintObject(label % SHAPES.length, Math.floor(label / SHAPES.length), numbers, height, width, planes, 0);
    await sharp(interleave(planes, height * width), { raw: { width, height, channels: 3 } })
      .jpeg({ quality: 90 })
      .toFile(join(below, `${wnid}_${i}.JPEG`));
  }
}

function interleave(planes: Uint8Array, plane: number): Uint8Array {
  const pixels = new Uint8Array(planes.length);
  for (let i = 0; i < plane; i++) {
    for (let channel = 0; channel < 3; channel++) pixels[3 * i + channel] = planes[channel * plane + i]!;
  }
  return pixels;
}
