/** Finds out by trial how wide the blocks of blocked convolutions are on this processor. */
import { at, named } from '../../../support/at.js';
import { createGraphBuilder } from '../graph.js';
import { encodeModel } from '../protobuf.js';
import * as ort from '../runtime.js';
import { blockedConvolution } from './blocked-kernels.js';

let found: Promise<number | null> | undefined;

/** 16 with AVX-512, 8 with AVX2, null where blocked convolutions are not to be had. */
export function blockSize(): Promise<number | null> {
  found ??= tryAll([16, 8]);
  return found;
}

async function tryAll(candidates: readonly number[]): Promise<number | null> {
  for (const block of candidates) if (await agrees(block)) return block;
  return null;
}

/** Whether a convolution in blocks of this width gives what the plain one gives. */
async function agrees(block: number): Promise<boolean> {
  const graph = createGraphBuilder();
  const channels = 16;
  const shapes = { x: [1, channels, 3, 3], filter: [channels, channels, 3, 3] };
  for (const [name, shape] of Object.entries(shapes)) graph.input(name, 'float32', shape);
  const window = { kernel_shape: [3, 3], strides: [1, 1], dilations: [1, 1], pads: [1, 1, 1, 1] } as const;
  const plain = graph.node('Conv', ['x', 'filter'], window);
  const blocked = blockedConvolution(graph, block, 'x', 'filter', { inputs: channels, outputs: channels, ...window });
  const output = (name: string, source: string) => ({ name, source, dtype: 'float32' as const, shape: shapes.x });
  try {
    const model = encodeModel(graph.build([output('plain', plain), output('blocked', blocked)]));
    const session = await ort.createInferenceSession(model, { intraOpNumThreads: 1, logSeverityLevel: 4 });
    const feeds = Object.entries(shapes).map(([name, shape]) => {
      const values = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => ((i * 37) % 19) - 9);
      return [name, new ort.Tensor('float32', values, shape)] as const;
    });
    const results = await session.run(Object.fromEntries(feeds));
    await session.release();
    const valuesOf = (name: string) => named(results, name).data as Float32Array;
    const [expected, actual] = [valuesOf('plain'), valuesOf('blocked')];
    return expected.every((value, i) => Math.abs(value - at(actual, i)) <= 1e-3 * (1 + Math.abs(value)));
  } catch {
    return false;
  }
}
