/** Files and folders that may not be read are named, with the reason, by every command that meets them. */
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { writeGenerated } from '../data/generated/stand-ins.js';
import { smallConfig, smallMnist } from './testing/small-mnist.js';
import { smoothout } from './testing/smoothout.js';

/** The superuser may read everything; then the program is run as nobody. */
const isRoot = process.getuid?.() === 0;
const AS_NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
const canTest = process.platform !== 'win32' && (!isRoot || spawnSync(AS_NOBODY[0]!, ['true']).status === 0);
const as = smoothout.with(isRoot ? { through: AS_NOBODY } : {});

let folder: string;
let config: string;
beforeAll(async () => {
  config = await smallConfig();
  folder = dirname(config);
  // vitest's folder for temporary files is its user's alone.
  for (const path of [process.env.TMPDIR!, folder]) await chmod(path, 0o777);
});

describe.skipIf(!canTest)('what may not be read is named', () => {
  test.each(['file', 'folder'])('a %s of data', async (what) => {
    const data = await smallMnist();
    await chmod(data, 0o755);
    const path = what === 'folder' ? data : join(data, 'train-images-idx3-ubyte');
    await chmod(path, 0);
    const { status, stderr } = await as`run ${config} --data ${data} --out ${join(folder, `data-${what}`)}`;
    expect({ status, stderr }).toMatchObject({
      status: 4,
      stderr: expect.stringMatching(`${path}.*: it cannot be read: permission denied`),
    });
    for (const command of [['doctor'], ['data', 'list'], ['data', 'verify', 'mnist']]) {
      expect((await as`${command} --data ${data}`).stderr).not.toMatch(/fault of smoothout/);
    }
  });

  test('an image', async () => {
    const data = join(folder, 'images');
    await writeGenerated('imagenet', data);
    const image = join(data, 'val', 'n90000000', 'n90000000_0.JPEG');
    await chmod(image, 0);
    const { status, stdout } = await as`data verify imagenet --data ${data}`;
    expect({ status, stdout }).toMatchObject({
      status: 4,
      stdout: expect.stringContaining(`${image}: it cannot be read: permission denied`),
    });
  });

  test.each(['config.yaml', 'checkpoint.safetensors'])('%s', async (name) => {
    const own = join(folder, `own-${name}`);
    await mkdir(own);
    await writeFile(join(own, 'config.yaml'), '');
    await writeFile(join(own, 'checkpoint.safetensors'), '');
    await chmod(join(own, name), 0);
    const { status, stderr } = name.endsWith('yaml')
      ? await as`run ${join(own, name)}`
      : await as`sharpness --ckpt ${join(own, name)}`;
    expect(status).toBe(name.endsWith('yaml') ? 2 : 5);
    expect(stderr).toContain('permission denied');
    expect(stderr).toContain(join(own, name));
  });

  test('a folder of results', async () => {
    const runs = join(folder, 'closed');
    await mkdir(join(runs, 'runs'), { recursive: true });
    await chmod(runs, 0);
    for (const command of [
      ['report', '--runs', runs],
      ['run', config, '--synthetic', '--out', runs],
    ]) {
      const { status, stderr } = await as`${command}`;
      expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringContaining('permission denied') });
      expect(stderr).toContain(runs);
    }
  });
});
