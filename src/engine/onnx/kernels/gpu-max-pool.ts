/**
 * The gradient of max pooling without the `Indices` of `MaxPool`: in each window the first place with the largest value
 * gets dy, the rule of tfjs and PyTorch for equal values; and each pixel adds up what it gets from the windows over it.
 */
import { at } from '../../../support/at.js';
import type { GraphBuilder } from '../graph.js';
import type { ConvolutionInfo } from './convolution.js';
import { chunks, LARGEST, paddedPixels, placesTogether, seenFrom } from './gpu-windows.js';

/** Less than any value of an image: padding that never is a window's largest. */
const LOWEST = -3.4028234663852886e38;

/** image [N,C,H,W], pooled and dy [N,C,h,w] → [N,C,H,W]. */
export function maxPoolGradient(
  graph: GraphBuilder,
  image: string,
  pooled: string,
  dy: string,
  info: ConvolutionInfo,
  largest = LARGEST,
): string {
  const { batchSize, inChannels, inHeight, inWidth, outHeight, outWidth } = info;
  const positions = outHeight * outWidth;
  const flat = (name: string) =>
    graph.reshape(name, [batchSize, inChannels, outHeight, outWidth], [batchSize, inChannels, positions]);
  const winners = firstLargest(graph, image, flat(pooled), info, largest);
  const lists = windowsOver(info);
  const together = Math.max(1, Math.floor(largest / (batchSize * inChannels * inHeight * inWidth)));
  const sums = chunks(lists, together).map((some) => {
    const all = some.flat();
    const shape = [some.length, inHeight * inWidth];
    const windows = graph.int32(
      Int32Array.from(all, ([window]) => window),
      shape,
    );
    const places = graph.float(
      Float32Array.from(all, ([, place]) => place),
      shape,
    );
    const seen = (name: string) => graph.node('Gather', [name, windows], { axis: 2 });
    const isWinner = graph.node('Equal', [seen(winners), places]);
    const shares = graph.node('Where', [isWinner, seen(flat(dy)), graph.float(0)]);
    return graph.node('ReduceSum', [shares, graph.integers([2])], { keepdims: 0 });
  });
  const sum = sums.reduce((a, b) => graph.node('Add', [a, b]));
  return graph.reshape(sum, [batchSize, inChannels, inHeight * inWidth], [batchSize, inChannels, inHeight, inWidth]);
}

/** The first place of each window with its largest value: [N,C,windows]. */
function firstLargest(graph: GraphBuilder, image: string, pooled: string, info: ConvolutionInfo, largest: number) {
  const { batchSize, inChannels, outHeight, outWidth, filterHeight, filterWidth } = info;
  const positions = outHeight * outWidth;
  const pixels = paddedPixels(graph, image, info, LOWEST);
  const greatest = graph.reshape(pooled, [batchSize, inChannels, positions], [batchSize, inChannels, 1, positions]);
  const none = graph.float(filterHeight * filterWidth);
  const firsts = placesTogether(info, batchSize * inChannels * positions, largest).map((places) => {
    const isLargest = graph.node('Equal', [seenFrom(graph, pixels, places, info), greatest]);
    const numbers = graph.float(Float32Array.from(places), [places.length, 1]);
    const candidates = graph.node('Where', [isLargest, numbers, none]);
    return graph.node('ReduceMin', [candidates, graph.integers([2])], { keepdims: 0 });
  });
  return firsts.reduce((a, b) => graph.node('Min', [a, b]));
}

/** That a window has a pixel at a place. */
type Seen = readonly [window: number, place: number];

/** No window has a place of this number. */
const UNSEEN: Seen = [0, -1];

/** Lists of one entry for each pixel, as many as the most windows over a pixel: together all windows that have it. */
function windowsOver(info: ConvolutionInfo): Seen[][] {
  const { inHeight, inWidth, outHeight, outWidth, strideHeight, strideWidth, filterHeight, filterWidth } = info;
  const over: Seen[][] = Array.from({ length: inHeight * inWidth }, () => []);
  for (let window = 0; window < outHeight * outWidth; window++) {
    for (let place = 0; place < filterHeight * filterWidth; place++) {
      const row = Math.floor(window / outWidth) * strideHeight + Math.floor(place / filterWidth) - info.padInfo.top;
      const column = (window % outWidth) * strideWidth + (place % filterWidth) - info.padInfo.left;
      const isInside = row >= 0 && row < inHeight && column >= 0 && column < inWidth;
      if (isInside) at(over, row * inWidth + column).push([window, place]);
    }
  }
  const most = over.reduce((count, { length }) => Math.max(count, length), 0);
  return Array.from({ length: most }, (_, i) => over.map((windows) => windows[i] ?? UNSEEN));
}
