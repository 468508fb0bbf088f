/** The library that reads and writes JPEG files, loaded only for ImageNet. */
import { SmoothOutError } from '../support/errors.js';

/** @throws SmoothOutError ENGINE_UNAVAILABLE where its native library does not load. */
export async function loadSharp(): Promise<typeof import('sharp').default> {
  try {
    return (await import('sharp')).default;
  } catch (cause) {
    // What sharp says is a page on its own installation, of which the first line says what happened.
    const [why] = (cause as Error).message.trim().split('\n');
    throw new SmoothOutError('ENGINE_UNAVAILABLE', `sharp, which reads JPEG files, does not load: ${why}`, {
      hint: 'npm ci installs it for this system; only ImageNet needs it.',
      cause,
    });
  }
}
