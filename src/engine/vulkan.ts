/** Which Vulkan drivers Dawn would find on Linux, and which of them compute on a GPU: found without loading any. */
import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The drivers whose manifests the Vulkan loader reads (its documentation, LoaderDriverInterface.md), with the path of the
 * manifest, and whether there is a device for it, or it is a program that plays the GPU.
 * @param devices the folder that is /dev, for tests.
 */
export async function vulkanDrivers(environment: Environment = process.env, devices = '/dev') {
  const present = await graphicsDevices(devices);
  const drivers = await Promise.all(
    (await manifests(environment)).map(async (path) => {
      const library = await libraryOf(path);
      return library === undefined ? [] : [{ path, kind: kindOf(library, present) }];
    }),
  );
  return drivers.flat();
}

async function manifests(environment: Environment): Promise<string[]> {
  const paths = (text: string | undefined, otherwise = '') => (text || otherwise).split(':').filter(Boolean);
  const named = environment.VK_DRIVER_FILES ?? environment.VK_ICD_FILENAMES;
  if (named !== undefined) return paths(named);
  const roots = [
    ...paths(environment.XDG_CONFIG_HOME, join(homedir(), '.config')),
    ...paths(environment.XDG_CONFIG_DIRS, '/etc/xdg'),
    ...['/usr/local/etc', '/etc'],
    ...paths(environment.XDG_DATA_HOME, join(homedir(), '.local/share')),
    ...paths(environment.XDG_DATA_DIRS, '/usr/local/share:/usr/share'),
  ];
  const found = await Promise.all(
    roots.map(async (root) => {
      const folder = join(root, 'vulkan/icd.d');
      const names = await readdir(folder).catch((): string[] => []);
      return names.filter((name) => name.endsWith('.json')).map((name) => join(folder, name));
    }),
  );
  return [...paths(environment.VK_ADD_DRIVER_FILES), ...found.flat()];
}

async function libraryOf(manifest: string): Promise<string | undefined> {
  try {
    const { ICD } = JSON.parse(await readFile(manifest, 'utf8')) as { ICD?: { library_path?: string } };
    return ICD?.library_path;
  } catch {
    return undefined;
  }
}

/** NVIDIA's devices, those of the kernel's own graphics drivers, and the GPU that Windows shares with its Linux subsystem. */
async function graphicsDevices(folder: string) {
  const namesIn = (path: string) => readdir(path).catch((): string[] => []);
  const [all, rendering] = [await namesIn(folder), await namesIn(join(folder, 'dri'))];
  return {
    nvidia: all.some((name) => /^nvidia\d+$/.test(name)),
    rendering: rendering.some((name) => name.startsWith('renderD')),
    shared: all.includes('dxg'),
  };
}

function kindOf(library: string, devices: Awaited<ReturnType<typeof graphicsDevices>>) {
  if (/swiftshader|lvp|llvmpipe/.test(library)) return 'software';
  const isNvidias = /(GLX|EGL)_nvidia|nvidia-vulkan/.test(library);
  const present = isNvidias ? devices.nvidia : /dzn/.test(library) ? devices.shared : devices.rendering;
  return present ? 'gpu' : 'no device';
}
