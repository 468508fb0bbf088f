/** Which package of TensorFlow's C library the user has installed: none is needed. */
import { createRequire } from 'node:module';

export interface TensorFlowPackage {
  readonly name: string;
  readonly device: 'cpu' | 'cuda';
}

export const TENSORFLOW_PACKAGES: readonly TensorFlowPackage[] = [
  { name: '@tensorflow/tfjs-node-gpu', device: 'cuda' },
  { name: '@tensorflow/tfjs-node', device: 'cpu' },
];

const require = createRequire(import.meta.url);

/** The first of the two packages that is installed, of those for `device` where one is named. */
export function installedTensorFlow(device?: 'cpu' | 'cuda'): TensorFlowPackage | undefined {
  return TENSORFLOW_PACKAGES.filter((one) => device === undefined || one.device === device).find(({ name }) => {
    try {
      require.resolve(`${name}/package.json`);
      return true;
    } catch {
      return false;
    }
  });
}
