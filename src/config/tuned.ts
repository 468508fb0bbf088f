/**
 * `tuned/<experiment>.yaml`, beside the config: what `smoothout tune` chose, and from what. A method with
 * `noise: { a: tuned }` takes its strength from there.
 */
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { z } from 'zod';
import { SmoothOutError } from '../support/errors.js';
import { makeFolder, readTextIfExists, writeFileAtomic } from '../support/files.js';
import { parseTree, plain } from './tree.js';

const schema = z.strictObject({
  experiment: z.string(),
  /** `holdout:N`: what the accuracies below were measured on. The test set never takes part. */
  validation: z.string().regex(/^holdout:\d+$/),
  epochs: z.int().min(1),
  seeds: z.array(z.int().min(0)).min(1),
  /** The chosen strength of each method, by label. */
  strengths: z.record(z.string(), z.number().min(0)),
  /**
   * Everything tried, by key of the config (`noise.a`): best validation accuracy in percent, averaged over the seeds; null
   * where a run diverged.
   */
  trials: z.array(
    z.strictObject({
      method: z.string(),
      settings: z.record(z.string(), z.union([z.number(), z.string(), z.boolean(), z.null()])),
      accuracy: z.number().nullable(),
    }),
  ),
});

export type TuneResult = z.output<typeof schema>;

export function tunedPath(configPath: string, experiment: string): string {
  return join(dirname(configPath), 'tuned', `${experiment}.yaml`);
}

/** @throws SmoothOutError NO_SPACE, OUTPUT_UNWRITABLE */
export async function writeTuned(path: string, result: TuneResult): Promise<void> {
  await makeFolder(dirname(path));
  const comment = '# Chosen by `smoothout tune` on held-out training images, never on the test set.\n';
  await writeFileAtomic(path, comment + stringify(result, { flowCollectionPadding: false }));
}

/** Null where nothing has been tuned. @throws SmoothOutError CONFIG_INVALID */
export async function readTuned(path: string): Promise<TuneResult | null> {
  const text = await readTextIfExists(path);
  if (text === null) return null;
  const parsed = schema.safeParse(plain(parseTree(text, (line) => `${path}:${line}`)));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new SmoothOutError('CONFIG_INVALID', `${path}: ${issue!.path.join('.')}: ${issue!.message}`, {
    hint: 'Delete the file and run smoothout tune again.',
  });
}
