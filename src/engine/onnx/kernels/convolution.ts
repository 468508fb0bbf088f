/**
 * 2-D convolution and its two gradients. tfjs sees NHWC images and HWIO filters; here they lie as NCHW and OIHW, PyTorch's
 * and ONNX Runtime's layout, so a model that stores its filters so causes no transposes.
 */
import { backend_util, type Conv2DBackpropFilterAttrs, type Conv2DBackpropInputAttrs } from '@tensorflow/tfjs';
import { SmoothOutError } from '../../../support/errors.js';
import type { GraphBuilder } from '../graph.js';
import { inOrder, type Traced, traced } from '../traced.js';
import { type KernelTable, kernel } from './kernel.js';

/** NHWC in the order NCHW, and HWIO in the order OIHW. */
export const NCHW = [0, 3, 1, 2];
export const OIHW = [3, 2, 0, 1];
/** HWIO with the input and output channels exchanged. */
const IOHW = [2, 3, 0, 1];

export interface ConvolutionAttributes {
  readonly strides: number | [number, number];
  readonly pad: number | 'same' | 'valid' | backend_util.ExplicitPadding;
  readonly dilations?: number | [number, number];
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
  readonly dataFormat?: 'NHWC' | 'NCHW';
}

export type ConvolutionInfo = backend_util.Conv2DInfo;

export function convolutionInfo(
  xShape: readonly number[],
  filterShape: readonly number[],
  { strides, pad, dilations = 1, dimRoundingMode, dataFormat }: ConvolutionAttributes,
  depthwise = false,
): ConvolutionInfo {
  if (dataFormat === 'NCHW') {
    throw new SmoothOutError('UNSUPPORTED_OP', 'Convolutions take images with channels last (NHWC) only.', {
      hint: 'Write tf.transpose(x, [0, 2, 3, 1]) before the convolution: it costs nothing.',
    });
  }
  return backend_util.computeConv2DInfo(
    xShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    strides,
    dilations,
    pad,
    dimRoundingMode,
    depthwise,
  );
}

export function windowAttributes(info: ConvolutionInfo) {
  const { top, left } = info.padInfo;
  // Where tfjs rounds a size up, the last window reaches over the edge: padding that ONNX wants named.
  const reach = (outputs: number, stride: number, window: number) => (outputs - 1) * stride + window;
  const rows = reach(info.outHeight, info.strideHeight, info.effectiveFilterHeight);
  const columns = reach(info.outWidth, info.strideWidth, info.effectiveFilterWidth);
  const bottom = Math.max(info.padInfo.bottom, rows - info.inHeight - top);
  const right = Math.max(info.padInfo.right, columns - info.inWidth - left);
  return {
    kernel_shape: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    pads: [top, left, bottom, right],
  } as const;
}

/** Appends the nodes that compute something of operands that windows lead over, and names the result. */
export type Write<Names extends string> = (
  graph: GraphBuilder,
  operands: Readonly<Record<Names, Traced>>,
  info: ConvolutionInfo,
) => string;

/** A convolution and its gradients as they lie in memory: images as NCHW, filters as OIHW. */
interface ConvolutionForm {
  readonly convolve: Write<'x' | 'filter'>;
  readonly imageGradient: Write<'dy' | 'filter'>;
  readonly filterGradient: Write<'x' | 'dy'>;
}

type OfImage = ConvolutionAttributes & Pick<Conv2DBackpropInputAttrs, 'inputShape'>;
type OfFilter = ConvolutionAttributes & Pick<Conv2DBackpropFilterAttrs, 'filterShape'>;

/** The kernels that write a convolution in this form. `filters` is the order in which the gradient of a filter lies. */
export function convolutionKernels(
  form: ConvolutionForm,
  { depthwise = false, filters = OIHW }: { readonly depthwise?: boolean; readonly filters?: readonly number[] } = {},
) {
  return {
    Conv2D: kernel<'x' | 'filter', ConvolutionAttributes>((graph, operands, attributes) => {
      const info = convolutionInfo(operands.x.shape, operands.filter.shape, attributes, depthwise);
      return traced(form.convolve(graph, operands, info), info.outShape, 'float32', NCHW);
    }),
    Conv2DBackpropInput: kernel<'dy' | 'filter', OfImage>((graph, operands, attributes) => {
      const info = convolutionInfo(attributes.inputShape, operands.filter.shape, attributes, depthwise);
      return traced(form.imageGradient(graph, operands, info), attributes.inputShape, 'float32', NCHW);
    }),
    Conv2DBackpropFilter: kernel<'x' | 'dy', OfFilter>((graph, operands, attributes) => {
      const info = convolutionInfo(operands.x.shape, attributes.filterShape, attributes, depthwise);
      return traced(form.filterGradient(graph, operands, info), attributes.filterShape, 'float32', filters);
    }),
  } satisfies KernelTable;
}

/** The places of a window, last to first. */
export const backwards = (graph: GraphBuilder, places: number): string =>
  graph.integers(Array.from({ length: places }, (_, place) => places - 1 - place));

/** The filter turned by 180° with its channels swapped, [I,O,kh,kw]: a convolution with it is the gradient's (stride 1). */
function turned(graph: GraphBuilder, filter: Traced, info: ConvolutionInfo): string {
  const { inChannels, outChannels, filterHeight, filterWidth } = info;
  const window = filterHeight * filterWidth;
  const stored = [inChannels, outChannels, filterHeight, filterWidth];
  const flat = [inChannels, outChannels, window];
  const places = graph.reshape(inOrder(graph, filter, IOHW), stored, flat);
  return graph.reshape(graph.node('Gather', [places, backwards(graph, window)], { axis: 2 }), flat, stored);
}

/** Padding of the convolution with the turned filter; undefined where the gradient is not that convolution. */
export function turnedPads(info: ConvolutionInfo) {
  const { filterHeight, filterWidth, strideHeight, strideWidth } = info;
  const { top, left, bottom, right } = info.padInfo;
  const pads = [
    filterHeight - 1 - top,
    filterWidth - 1 - left,
    filterHeight - 1 - bottom,
    filterWidth - 1 - right,
  ] as const;
  return strideHeight === 1 && strideWidth === 1 && pads.every((amount) => amount >= 0) ? pads : undefined;
}

/** Spreads each element of `dy` over the window that it was computed from, weighted by the filter. */
export function transposedConvolution(
  graph: GraphBuilder,
  dy: string,
  filter: string,
  info: ConvolutionInfo,
  group = 1,
): string {
  const { kernel_shape, strides, pads } = windowAttributes(info);
  const [top, left, bottom, right] = pads;
  // Rows and columns that no window reached (the stride does not divide) get a gradient of zero.
  const unread = [
    info.inHeight - ((info.outHeight - 1) * info.strideHeight + info.filterHeight - top - bottom),
    info.inWidth - ((info.outWidth - 1) * info.strideWidth + info.filterWidth - left - right),
  ];
  return graph.node('ConvTranspose', [dy, filter], { kernel_shape, strides, pads, output_padding: unread, group });
}

/** Depthwise kernels [I·kh·kw, 1, kh, kw], each of which copies one place of the window. */
function oneHotKernels(graph: GraphBuilder, channels: number, height: number, width: number): string {
  const window = height * width;
  const kernels = new Float32Array(channels * window * window);
  for (let channel = 0; channel < channels; channel++) {
    for (let place = 0; place < window; place++) kernels[(channel * window + place) * window + place] = 1;
  }
  return graph.float(kernels, [channels * window, 1, height, width]);
}

/** The form for every device that has no better one. */
export const portable: ConvolutionForm = {
  convolve(graph, { x, filter }, info) {
    return graph.node('Conv', [inOrder(graph, x, NCHW), inOrder(graph, filter, OIHW)], windowAttributes(info));
  },

  imageGradient(graph, { dy, filter }, info) {
    const gradient = inOrder(graph, dy, NCHW);
    const pads = turnedPads(info);
    if (!pads) return transposedConvolution(graph, gradient, inOrder(graph, filter, OIHW), info);
    const kernel_shape = [info.filterHeight, info.filterWidth];
    return graph.node('Conv', [gradient, turned(graph, filter, info)], { kernel_shape, pads });
  },

  /** Patches of x times dy, summed over images and places: x [N,I,H,W], dy [N,O,h,w] → [O,I,kh,kw]. */
  filterGradient(graph, operands, info) {
    const { batchSize, inChannels, outChannels, outHeight, outWidth, filterHeight, filterWidth } = info;
    const [x, dy] = [inOrder(graph, operands.x, NCHW), inOrder(graph, operands.dy, NCHW)];
    const places = outHeight * outWidth;
    const window = filterHeight * filterWidth;
    const patches = graph.node('Conv', [x, oneHotKernels(graph, inChannels, filterHeight, filterWidth)], {
      ...windowAttributes(info),
      group: inChannels,
    });
    const patchRows = [batchSize, inChannels * window, outHeight, outWidth];
    const columns = graph.reshape(patches, patchRows, [batchSize, inChannels * window, places]);
    const rows = graph.reshape(dy, [batchSize, outChannels, outHeight, outWidth], [batchSize, outChannels, places]);
    const perImage = graph.node('FusedMatMul', [rows, columns], { transB: 1 }, 'com.microsoft');
    const sum = graph.node('ReduceSum', [perImage, graph.integers([0])], { keepdims: 0 });
    return graph.reshape(sum, [outChannels, inChannels * window], [outChannels, inChannels, filterHeight, filterWidth]);
  },
};

export const convolution = convolutionKernels(portable);
