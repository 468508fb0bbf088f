/** What every measurement of a checkpoint says of the images that its loss is over, and of how it was computed. */
import { z } from 'zod';

export const positiveCount = z.int().min(1);

export const lossShape = {
  split: z.enum(['train', 'test']),
  batchNorm: z.enum(['running', 'batch']),
};

/** How many images the loss is averaged over, of how many in the whole split, in batches of how many. */
export const imagesShape = {
  images: positiveCount,
  splitImages: positiveCount,
  batchSize: positiveCount,
};

export const computedShape = {
  seconds: z.number().min(0),
  engine: z.string(),
  device: z.string(),
};
