/** ONNX Runtime's native library, which is only ever loaded with its telemetry off. */
import { createRequire } from 'node:module';

/**
 * The telemetry, which is on by default, looks up a host of its maker's and writes files below the home folder and into
 * the temporary one. It asks the environment once, when the library is loaded.
 */
process.env.ORT_DISABLE_TELEMETRY = '1';

const require = createRequire(import.meta.url);

/**
 * Loads the library, or throws what the system's loader says. Not an import: where one fails, Node.js 20 ends the process
 * for the rejection of an inner module, which nobody can handle.
 */
export function loadLibrary(): typeof import('onnxruntime-node') {
  // biome-ignore lint/style/noRestrictedImports: one of the two places.
  return require('onnxruntime-node');
}
