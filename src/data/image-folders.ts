import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SmoothOutError } from '../support/errors.js';
import { missingData, type Place } from './catalogue.js';

/** The image files of one split, and the class of each. */
export interface ImageFiles {
  readonly files: readonly string[];
  readonly labels: Int32Array;
}

const IMAGE = /\.jpe?g$/i;

/** The data set's folder: the first of the place's that has a `train` folder. @throws SmoothOutError DATA_MISSING */
export async function locateImageFolders(place: Place): Promise<string> {
  for (const below of place.folders) {
    const folder = join(place.root, below);
    if (!(await isFolder(join(folder, 'train')))) continue;
    if (await isFolder(join(folder, 'val'))) return folder;
    throw new SmoothOutError('DATA_MISSING', `${place.dataset}: ${folder} has a train folder but no val folder`, {
      hint: place.hint,
    });
  }
  throw missingData(place, ['train and val folders']);
}

/** The classes of a split, sorted: the names of its folders. @throws SmoothOutError DATA_CORRUPT */
export async function classFolders(split: string): Promise<string[]> {
  const names = await visibleNames(split);
  for (const name of names) {
    if (await isFolder(join(split, name))) continue;
    throw new SmoothOutError(
      'DATA_CORRUPT',
      `${join(split, name)}: is a file, expected only class folders in ${split}`,
      {
        hint: IMAGE.test(name)
          ? 'Sort the images into one folder a class first (see datasets/README.md).'
          : 'Remove it.',
      },
    );
  }
  if (names.length === 0)
    throw new SmoothOutError('DATA_CORRUPT', `${split}: is empty, expected a folder for each class`);
  return names;
}

/**
 * The images of a split. They are ordered in rounds: every class's first file, then every class's second, and so on,
 * so that the first N images (`trainLimit`) are spread over the classes.
 *
 * @throws SmoothOutError DATA_CORRUPT naming an empty class folder, a file that is no JPEG, or an unknown class.
 */
export async function listImages(split: string, classes: readonly string[]): Promise<ImageFiles> {
  const known = new Map(classes.map((name, label) => [name, label]));
  const found: { file: string; label: number; round: number }[] = [];
  for (const name of await classFolders(split)) {
    const folder = join(split, name);
    const label = known.get(name);
    if (label === undefined) {
      throw new SmoothOutError(
        'DATA_CORRUPT',
        `${folder}: no training images of this class, expected the folders of train`,
      );
    }
    const images = await visibleNames(folder);
    if (images.length === 0) throw new SmoothOutError('DATA_CORRUPT', `${folder}: is empty, expected JPEG files`);
    images.forEach((image, round) => {
      if (!IMAGE.test(image)) {
        throw new SmoothOutError(
          'DATA_CORRUPT',
          `${join(folder, image)}: expected only .JPEG or .jpg files in ${folder}`,
        );
      }
      found.push({ file: join(folder, image), label, round });
    });
  }
  found.sort((a, b) => a.round - b.round || a.label - b.label);
  return { files: found.map(({ file }) => file), labels: Int32Array.from(found, ({ label }) => label) };
}

async function visibleNames(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
