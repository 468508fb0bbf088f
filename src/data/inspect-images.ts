import { join } from 'node:path';
import { SmoothOutError } from '../support/errors.js';
import { classFolders, listImages } from './image-folders.js';
import { decodeImage } from './jpeg.js';

/** Images decoded at once. */
const IN_FLIGHT = 64;

/**
 * Lists the class folders below `folder` and decodes every image.
 *
 * @returns what is wrong, a line each; empty where all is well.
 */
export async function inspectImages(
  folder: string,
  progress?: (done: number, total: number) => void,
): Promise<{ readonly images: number; readonly problems: readonly string[] }> {
  const problems: string[] = [];
  const note = (error: unknown) => {
    if (!(error instanceof SmoothOutError)) throw error;
    problems.push(error.message);
  };
  const files: string[] = [];
  try {
    const classes = await classFolders(join(folder, 'train'));
    for (const split of ['train', 'val']) files.push(...(await listImages(join(folder, split), classes)).files);
  } catch (error) {
    note(error);
  }
  let next = 0;
  let done = 0;
  const work = async () => {
    while (next < files.length) {
      await decodeImage(files[next++]!, 256).catch(note);
      progress?.(++done, files.length);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, work));
  return { images: files.length, problems };
}
