import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { vulkanDrivers } from './vulkan.js';

const LIBRARIES = {
  nvidia: 'libGLX_nvidia.so.0',
  radeon: '/usr/lib/x86_64-linux-gnu/libvulkan_radeon.so',
  lavapipe: '/usr/lib/x86_64-linux-gnu/libvulkan_lvp.so',
  swiftshader: './libvk_swiftshader.so',
  windows: 'libvulkan_dzn.so',
};

/** A machine with all those drivers, and the devices whose names are given. */
async function machine(...devices: string[]) {
  const root = await mkdtemp(join(tmpdir(), 'smoothout-vulkan-'));
  const folder = join(root, 'share/vulkan/icd.d');
  await mkdir(folder, { recursive: true });
  for (const [name, library_path] of Object.entries(LIBRARIES)) {
    await writeFile(
      join(folder, `${name}.json`),
      JSON.stringify({ file_format_version: '1.0.0', ICD: { library_path } }),
    );
  }
  await writeFile(join(folder, 'broken.json'), '{');
  await mkdir(join(root, 'dev/dri'), { recursive: true });
  for (const device of devices) await writeFile(join(root, 'dev', device), '');
  const nowhere = join(root, 'nowhere');
  const environment = {
    XDG_DATA_DIRS: join(root, 'share'),
    XDG_DATA_HOME: nowhere,
    XDG_CONFIG_DIRS: nowhere,
    XDG_CONFIG_HOME: nowhere,
  };
  const kinds = async (more: Record<string, string> = {}) => {
    const drivers = await vulkanDrivers({ ...environment, ...more }, join(root, 'dev'));
    const known = drivers.filter(({ path }) => path.startsWith(root));
    return Object.fromEntries(known.map(({ path, kind }) => [path.slice(folder.length + 1, -'.json'.length), kind]));
  };
  return { folder, kinds };
}

const SOFTWARE = { lavapipe: 'software', swiftshader: 'software' };

test('a driver counts where its device is there', async () => {
  const none = { nvidia: 'no device', radeon: 'no device', windows: 'no device', ...SOFTWARE };
  expect(await (await machine()).kinds()).toEqual(none);
  expect(await (await machine('nvidia0', 'nvidiactl')).kinds()).toEqual({ ...none, nvidia: 'gpu' });
  expect(await (await machine('nvidiactl')).kinds()).toEqual(none);
  expect(await (await machine('dri/card0', 'dri/renderD128')).kinds()).toEqual({ ...none, radeon: 'gpu' });
  expect(await (await machine('dxg')).kinds()).toEqual({ ...none, windows: 'gpu' });
});

test('VK_DRIVER_FILES, and VK_ICD_FILENAMES of old, take the place of what is installed', async () => {
  const { folder, kinds } = await machine('nvidia0');
  const [one, two] = [join(folder, 'swiftshader.json'), join(folder, 'nvidia.json')];
  expect(await kinds({ VK_DRIVER_FILES: one })).toEqual({ swiftshader: 'software' });
  expect(await kinds({ VK_ICD_FILENAMES: `${one}:${two}` })).toEqual({ swiftshader: 'software', nvidia: 'gpu' });
  expect(await kinds({ VK_DRIVER_FILES: join(folder, 'missing.json') })).toEqual({});
});
