/** How far a training had come when last.safetensors was saved: an entry of its metadata. */
import { z } from 'zod';
import { parseJson } from '../support/files.js';
import type { Metadata } from '../support/safetensors.js';

const progressSchema = z.object({
  /** Counted from 0. */
  epoch: z.number(),
  steps: z.number(),
  images: z.number(),
  /** Summed over the images so far: cross-entropy (nats) and correct predictions, as they were trained on. */
  lossSum: z.number(),
  correct: z.number(),
  /** Wall time of these steps, waiting for data included. */
  seconds: z.number(),
});

export type EpochProgress = Readonly<z.output<typeof progressSchema>>;

const placeSchema = z.object({ updates: z.number(), progress: progressSchema });

/** Null for the metadata of a file that no training can go on from. */
export function parsePlace({ place }: Metadata): z.output<typeof placeSchema> | null {
  return placeSchema.safeParse(parseJson(place ?? '')).data ?? null;
}
