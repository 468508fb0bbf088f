/** What the windows of a convolution or a pool see, place by place: one Gather whose indices are known while tracing. */
import type { GraphBuilder } from '../graph.js';
import { type ConvolutionInfo, windowAttributes } from './convolution.js';

/** Numbers of the largest array that every WebGPU device promises to take (`maxStorageBufferBindingSize`): 128 MiB. */
export const LARGEST = 2 ** 25;

/** The places of a window, row by row, in runs of which each has at most `largest` numbers; one place has `ofPlace`. */
export function placesTogether({ filterHeight, filterWidth }: ConvolutionInfo, ofPlace: number, largest: number) {
  const places = Array.from({ length: filterHeight * filterWidth }, (_, place) => place);
  return chunks(places, Math.max(1, Math.floor(largest / ofPlace)));
}

/**
 * Images with their padding, as `seenFrom` takes them: [N,C,H,W] → [N,C,pixels].
 *
 * @param outside the value of the padding
 */
export function paddedPixels(graph: GraphBuilder, images: string, info: ConvolutionInfo, outside: number): string {
  const { batchSize, inChannels } = info;
  const { height, width, top, left, bottom, right } = padded(info);
  const amounts = graph.integers([0, 0, top, left, 0, 0, bottom, right]);
  const needsPadding = top + left + bottom + right > 0;
  const all = needsPadding ? graph.node('Pad', [images, amounts, graph.float(outside)]) : images;
  return graph.reshape(all, [batchSize, inChannels, height, width], [batchSize, inChannels, height * width]);
}

/** The pixels under some places of each window: [N,C,pixels] → [N,C,places,windows]. */
export function seenFrom(graph: GraphBuilder, pixels: string, places: readonly number[], info: ConvolutionInfo) {
  const { outHeight, outWidth, strideHeight, strideWidth, dilationHeight, dilationWidth, filterWidth } = info;
  const { width } = padded(info);
  const indices = places.flatMap((place) => {
    const [down, across] = [Math.floor(place / filterWidth) * dilationHeight, (place % filterWidth) * dilationWidth];
    return Array.from({ length: outHeight * outWidth }, (_, window) => {
      const [row, column] = [Math.floor(window / outWidth), window % outWidth];
      return (row * strideHeight + down) * width + column * strideWidth + across;
    });
  });
  const shape = [places.length, outHeight * outWidth];
  return graph.node('Gather', [pixels, graph.int32(Int32Array.from(indices), shape)], { axis: 2 });
}

function padded(info: ConvolutionInfo) {
  const [top, left, bottom, right] = windowAttributes(info).pads;
  return { top, left, bottom, right, height: info.inHeight + top + bottom, width: info.inWidth + left + right };
}

/** A list in runs of `size`; the last may be shorter. */
export const chunks = <T>(list: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size));
