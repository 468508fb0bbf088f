/**
 * Convolutions in ONNX Runtime's blocked layout: channels in blocks of 8 or 16, innermost, one vector register each. Its
 * optimizer uses these operators for constant filters only; named directly they serve training too, at 1.2 to 2 times the
 * speed of the plain ones. They are internal, and the block depends on the processor: see block-size.ts.
 */
import { at } from '../../../support/at.js';
import type { GraphBuilder } from '../graph.js';
import {
  backwards,
  type ConvolutionInfo,
  convolutionKernels,
  NCHW,
  OIHW,
  portable,
  turnedPads,
  windowAttributes,
} from '../kernels/convolution.js';
import { inOrder } from '../traced.js';

/** The domain of the blocked operators. */
export const BLOCKED = 'com.microsoft.nchwc';

/** An image in blocks; where it came out of blocks, what it was there. */
export function inBlocks(graph: GraphBuilder, image: string): string {
  const from = graph.producer(image);
  return from?.op === 'ReorderOutput' ? at(from.inputs, 0) : graph.node('ReorderInput', [image], {}, BLOCKED);
}

export const outOfBlocks = (graph: GraphBuilder, image: string, channels: number): string =>
  graph.node('ReorderOutput', [image], { channels }, BLOCKED);

/** The kernels that take the place of the portable ones where blocks are of `block` channels, and fit. */
export const blockedKernels = (block: number) =>
  convolutionKernels({
    convolve(graph, operands, info) {
      const { inChannels: inputs, outChannels: outputs } = info;
      const fits = outputs % block === 0 && (inputs % block === 0 || inputs < block);
      if (!fits) return portable.convolve(graph, operands, info);
      const [x, filter] = [inOrder(graph, operands.x, NCHW), inOrder(graph, operands.filter, OIHW)];
      return blockedConvolution(graph, block, x, filter, { inputs, outputs, ...windowAttributes(info) });
    },

    imageGradient(graph, operands, info) {
      const { inChannels: outputs, outChannels: inputs, filterHeight, filterWidth } = info;
      const pads = turnedPads(info);
      if (!pads || outputs % block !== 0 || inputs % block !== 0) return portable.imageGradient(graph, operands, info);
      const [dy, filter] = [inOrder(graph, operands.dy, NCHW), inOrder(graph, operands.filter, OIHW)];
      const window = { kernel_shape: [filterHeight, filterWidth], strides: [1, 1], dilations: [1, 1], pads } as const;
      return blockedConvolution(graph, block, dy, filter, { inputs, outputs, isTurned: true, ...window });
    },

    filterGradient(graph, operands, info) {
      const fits = info.outChannels % block === 0 && info.batchSize >= block;
      if (!fits) return portable.filterGradient(graph, operands, info);
      const [x, dy] = [inOrder(graph, operands.x, NCHW), inOrder(graph, operands.dy, NCHW)];
      return blockedFilterGradient(graph, block, x, dy, info);
    },
  });

type BlockedConvolution = ReturnType<typeof windowAttributes> & {
  readonly inputs: number;
  readonly outputs: number;
  /** Whether the filter is [I,O,kh,kw], turned by 180°, as in the gradient with respect to an image. */
  readonly isTurned?: boolean;
};

/** x [N,I,H,W] and filter [O,I,kh,kw] → [N,O,h,w], blocked only in between. */
export function blockedConvolution(
  graph: GraphBuilder,
  block: number,
  x: string,
  filter: string,
  { inputs, outputs, isTurned = false, ...window }: BlockedConvolution,
): string {
  // Fewer input channels than a block are read as they are.
  const isBlocked = inputs >= block;
  const image = isBlocked ? inBlocks(graph, x) : x;
  const blockIn = isBlocked ? block : 1;
  const [height, width] = window.kernel_shape;
  const places = height * width;
  const ofInputs = [inputs / blockIn, blockIn];
  const ofOutputs = [outputs / block, block];
  const stored = isTurned ? [inputs, outputs, height, width] : [outputs, inputs, height, width];
  const split = isTurned ? [...ofInputs, ...ofOutputs, places] : [...ofOutputs, ...ofInputs, places];
  // [O/b, bo, I/b, bi, k], or [I/b, bi, O/b, bo, k], → [O/b, I/b, k, bi, bo].
  const perm = isTurned ? [2, 0, 4, 1, 3] : [0, 2, 4, 3, 1];
  const blocks = graph.node('Transpose', [graph.reshape(filter, stored, split)], { perm });
  const inPlace = isTurned ? graph.node('Gather', [blocks, backwards(graph, places)], { axis: 2 }) : blocks;
  const weights = reshaped(graph, inPlace, [outputs, inputs, height, width]);
  return outOfBlocks(graph, graph.node('Conv', [image, weights], { ...window, group: 1 }, BLOCKED), outputs);
}

/**
 * Computes the gradient with respect to a filter as one convolution, in which images and channels change roles: x is its
 * input, dy its filter (dilated by the stride), and its output has one place for each place of the filter. The operator is
 * fastest with rows of six outputs, or a multiple of six. So rows of five are padded to six, and rows of three are
 * interleaved with those of the next channel. x [N,I,H,W], dy [N,O,h,w] → [O,I,kh,kw].
 */
function blockedFilterGradient(
  graph: GraphBuilder,
  block: number,
  x: string,
  dy: string,
  info: ConvolutionInfo,
): string {
  const { batchSize, inChannels, outChannels, outHeight, outWidth, filterHeight, filterWidth } = info;
  const width = filterWidth > 3 ? Math.ceil(filterWidth / 6) * 6 : filterWidth;
  const woven = filterWidth === 3 && inChannels % 2 === 0 ? 2 : 1;
  const images = Math.ceil(batchSize / block) * block;
  const more = images - batchSize;
  const withImages = (name: string) =>
    more === 0 ? name : graph.node('Pad', [name, graph.integers([0, 0, 0, 0, more, 0, 0, 0])]);
  const swapped = graph.node('Transpose', [withImages(x)], { perm: [1, 0, 2, 3] });
  const input = windowsOnly(graph, { block, images, width, woven }, inBlocks(graph, swapped), info);

  const blocked = withImages(inBlocks(graph, dy));
  const places = outHeight * outWidth;
  // [N/b, bn, O/b, places, bo] → [N/b, O/b, places, bn, bo] → [O/b, N/b, …]: whole registers move, and then whole images.
  const split = reshaped(graph, blocked, [images / block, block, outChannels / block, places, block]);
  const regrouped = graph.node('Transpose', [split], { perm: [0, 2, 3, 1, 4] });
  const ordered = outChannels === block ? regrouped : graph.node('Transpose', [regrouped], { perm: [1, 0, 2, 3, 4] });
  const filter = reshaped(graph, ordered, [outChannels, images, outHeight, outWidth]);

  const window = {
    kernel_shape: [outHeight, outWidth],
    strides: [1, 1],
    dilations: [info.strideHeight, info.strideWidth * woven],
    pads: [0, 0, 0, 0],
    group: 1,
  };
  const convolved = graph.node('Conv', [input, filter], window, BLOCKED);
  const gradient = outOfBlocks(graph, convolved, outChannels);
  // [I/m, O, kh, kw, m] → [O, I/m, m, kh, kw].
  const apart = reshaped(graph, gradient, [inChannels / woven, outChannels, filterHeight, width, woven]);
  const filters = graph.node('Transpose', [apart], { perm: [1, 0, 4, 2, 3] });
  const whole = reshaped(graph, filters, [outChannels, inChannels, filterHeight, width]);
  if (width === filterWidth) return whole;
  return graph.node('Slice', [whole, ...[[0], [filterWidth], [3]].map(graph.integers)]);
}

interface Windows {
  readonly block: number;
  /** Images, and columns of outputs, that are computed: no fewer than there are. */
  readonly images: number;
  readonly width: number;
  /** Channels whose columns lie between each other. */
  readonly woven: number;
}

/**
 * Blocked x [I, images/b, H, W, b] padded, or cropped, to exactly the rows and columns that some window reads, and woven:
 * [I/m, images/b, rows, columns, m, b].
 */
function windowsOnly(
  graph: GraphBuilder,
  { block, images, width, woven }: Windows,
  x: string,
  info: ConvolutionInfo,
): string {
  const { top, left } = info.padInfo;
  const rows = (info.outHeight - 1) * info.strideHeight + info.filterHeight;
  const columns = (info.outWidth - 1) * info.strideWidth + width;
  const below = rows - info.inHeight - top;
  const right = columns - info.inWidth - left;
  const planes = (info.inChannels * images) / block;
  const padded = bordered(graph, block, x, [planes, info.inHeight, info.inWidth], [top, left, below, right]);
  const shape = [info.inChannels / woven, images, rows, columns * woven];
  if (woven === 1) return reshaped(graph, padded, shape);
  const apart = reshaped(graph, padded, [info.inChannels / woven, woven, images / block, rows * columns, block]);
  const together = graph.node('Transpose', [apart], { perm: [0, 2, 3, 1, 4] });
  return reshaped(graph, together, shape);
}

/** A blocked image with a border of zeros, cropped where it is negative: [planes, rows, columns · b]. */
export function bordered(
  graph: GraphBuilder,
  block: number,
  image: string,
  [planes, height, width]: readonly [planes: number, height: number, width: number],
  pads: readonly [top: number, left: number, bottom: number, right: number],
): string {
  if (pads.every((amount) => amount >= 0)) {
    // ONNX Runtime's Pad runs on one thread, its convolutions on all. This one multiplies each channel by 1.
    const window = { kernel_shape: [1, 1], strides: [1, 1], dilations: [1, 1], pads, group: block };
    const ones = graph.float(new Float32Array(block).fill(1), [block, 1, 1, 1]);
    return graph.node('Conv', [reshaped(graph, image, [planes, block, height, width]), ones], window, BLOCKED);
  }
  const [top, left, bottom, right] = pads;
  // Blocks and columns as one axis: the padding is then of long contiguous runs.
  const lines = reshaped(graph, image, [planes, height, width * block]);
  return graph.node('Pad', [lines, graph.integers([0, top, left * block, 0, bottom, right * block])]);
}

/** Blocked values lie in another order than their shapes say: unlike `graph.reshape`, this looks at none. */
export const reshaped = (graph: GraphBuilder, name: string, shape: readonly number[]) =>
  graph.node('Reshape', [name, graph.integers(shape)]);
