/** Tests with TensorFlow's own library, where its Node.js package is installed. */
import { describe, test } from 'vitest';
import { installedTensorFlow } from '../tensorflow.js';

/** Declares tests that compute in TensorFlow, or one that says why they are skipped. */
export async function describeOnTensorFlow(name: string, declare: () => Promise<void>): Promise<void> {
  if (installedTensorFlow()) await declare();
  else describe(name, () => test.skip('needs TensorFlow (scripts/tensorflow/build.sh)', () => {}));
}
