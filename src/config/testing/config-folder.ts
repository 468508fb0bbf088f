/** Configs for tests, in a new folder for each: written, loaded, and what loading one complains of. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect } from 'vitest';
import { loadConfigs } from '../load.js';
import type { Config } from '../schema.js';

export const MINIMAL = 'experiment: trial\nmodel: f1\ndataset: mnist\nepochs: 2\n';

export function configFolder() {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'smoothout-config-'));
  });

  const inFolder = (name: string): string => join(folder, name);

  async function write(text: string, name = 'a.yaml'): Promise<string> {
    await writeFile(inFolder(name), text);
    return inFolder(name);
  }

  async function load(text: string, ...set: string[]): Promise<Config> {
    const configs = await loadConfigs(await write(text), { set });
    expect(configs).toHaveLength(1);
    return configs[0]!;
  }

  /** The error's message, with the folder's name left out. */
  async function complaint(text: string, ...set: string[]): Promise<string> {
    const error = await load(text, ...set).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', exitStatus: 2 });
    return (error as Error).message.replaceAll(`${folder}/`, '');
  }

  return { inFolder, write, load, complaint };
}
