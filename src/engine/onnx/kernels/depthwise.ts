/**
 * Depthwise convolution: M filters for each of C channels, [kh,kw,C,M] in tfjs, [C·M,1,kh,kw] in C groups in ONNX.
 */
import type { GraphBuilder } from '../graph.js';
import { inOrder, type Traced } from '../traced.js';
import { convolutionKernels, NCHW, transposedConvolution, windowAttributes } from './convolution.js';
import type { KernelTable } from './kernel.js';

/** [kh,kw,C,M] in the order [C,M,kh,kw]. */
const CMHW = [2, 3, 0, 1];

type Shape4D = [number, number, number, number];

function grouped(graph: GraphBuilder, filter: Traced): string {
  const [height, width, channels, multiplier] = filter.shape as Shape4D;
  const stored = [channels, multiplier, height, width];
  return graph.reshape(inOrder(graph, filter, CMHW), stored, [channels * multiplier, 1, height, width]);
}

const { Conv2D, Conv2DBackpropInput, Conv2DBackpropFilter } = convolutionKernels(
  {
    convolve(graph, { x, filter }, info) {
      const operands = [inOrder(graph, x, NCHW), grouped(graph, filter)];
      return graph.node('Conv', operands, { ...windowAttributes(info), group: info.inChannels });
    },
    imageGradient: (graph, { dy, filter }, info) =>
      transposedConvolution(graph, inOrder(graph, dy, NCHW), grouped(graph, filter), info, info.inChannels),

    /** For each place of the window, the products of dy with what x has there, summed over images and positions. */
    filterGradient(graph, { x, dy }, info) {
      const { batchSize, inChannels, outHeight, outWidth, strideHeight, strideWidth } = info;
      const { filterHeight: height, filterWidth: width } = info;
      const multiplier = info.outChannels / inChannels;
      const [top, left, bottom, right] = windowAttributes(info).pads;
      const padded = graph.node('Pad', [
        inOrder(graph, x, NCHW),
        graph.integers([0, 0, top, left, 0, 0, bottom, right]),
      ]);
      const gradientShape = [batchSize, inChannels, multiplier, outHeight, outWidth];
      const dyShape = [batchSize, info.outChannels, outHeight, outWidth];
      const gradient = graph.reshape(inOrder(graph, dy, NCHW), dyShape, gradientShape);
      const atPlace = (row: number, column: number) => {
        const begin = [row, column];
        const end = [row + (outHeight - 1) * strideHeight + 1, column + (outWidth - 1) * strideWidth + 1];
        const bounds = [begin, end, [2, 3], [strideHeight, strideWidth]].map(graph.integers);
        const seen = graph.node('Slice', [padded, ...bounds]);
        const oneFilter = gradientShape.with(2, 1);
        const columns = graph.reshape(seen, oneFilter.toSpliced(2, 1), oneFilter);
        const products = graph.node('Mul', [columns, gradient]);
        const sum = graph.node('ReduceSum', [products, graph.integers([0, 3, 4])], { keepdims: 0 });
        return graph.reshape(sum, [inChannels, multiplier], [inChannels, multiplier, 1]);
      };
      const places = Array.from({ length: height * width }, (_, i) => atPlace(Math.floor(i / width), i % width));
      const name = graph.node('Concat', places, { axis: 2 });
      const stored = [inChannels, multiplier, height * width];
      return graph.reshape(name, stored, [inChannels, multiplier, height, width]);
    },
  },
  { depthwise: true, filters: CMHW },
);

export const depthwiseConvolution = {
  DepthwiseConv2dNative: Conv2D,
  DepthwiseConv2dNativeBackpropInput: Conv2DBackpropInput,
  DepthwiseConv2dNativeBackpropFilter: Conv2DBackpropFilter,
} satisfies KernelTable;
