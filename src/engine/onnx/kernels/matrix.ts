/** Matrix products. */
import { type BatchMatMulAttrs, broadcast_util, util } from '@tensorflow/tfjs';
import { at } from '../../../support/at.js';
import type { GraphBuilder } from '../graph.js';
import { identityOrder, inOrder, inPlainOrder, type Traced, traced, withShape } from '../traced.js';
import type { Kernel, KernelTable } from './kernel.js';

/** A matrix as it lies in memory, and whether that is its transpose. */
function asStored(graph: GraphBuilder, matrix: Traced): { name: string; flipped: boolean } {
  const [rows, columns] = matrix.shape as [number, number];
  const flipped = matrix.order[0] === 1 && rows > 1 && columns > 1;
  return { name: flipped ? matrix.name : inPlainOrder(graph, matrix), flipped };
}

/**
 * A product [rows, columns], stored transposed, its rows contiguous, where that is better.
 *
 * The rows of a layer's product are the batch. ONNX Runtime packs the right operand and streams the left one, so a large
 * batch belongs on the right ([512 × 512]·[512 × 6000] runs 1.2 to 2 times as fast as its transpose), and batch
 * normalisation reduces contiguous values. Once stored so, a batch stays so through the layers that follow; the product
 * of two batches, a weight's gradient, lies as the weight does.
 */
function product(graph: GraphBuilder, a: Traced, b: Traced, transposeA: boolean, transposeB: boolean): Traced {
  const rows = at(a.shape, transposeA ? 1 : 0);
  const columns = at(b.shape, transposeB ? 0 : 1);
  const left = asStored(graph, a);
  const right = asStored(graph, b);
  // Whether the product wants an operand transposed from how it is stored.
  const flipsLeft = transposeA !== left.flipped;
  const flipsRight = transposeB !== right.flipped;
  const isFirstLayer = flipsRight && !left.flipped && !right.flipped && 4 * rows > columns;
  if (flipsLeft || isFirstLayer || rows > 4 * columns) {
    const transposes = { transA: Number(!flipsRight), transB: Number(!flipsLeft) };
    return traced(graph.node('Gemm', [right.name, left.name], transposes), [rows, columns], 'float32', [1, 0]);
  }
  const transposes = { transA: Number(flipsLeft), transB: Number(flipsRight) };
  return traced(graph.node('Gemm', [left.name, right.name], transposes), [rows, columns]);
}

const batchMatMul: Kernel<'a' | 'b', BatchMatMulAttrs> = (graph, { a, b }, { transposeA, transposeB }) => {
  // tfjs leaves this to its kernels. Otherwise it would be found in the gradient, or when the graph is compiled.
  const inner = [a.shape.at(transposeA ? -2 : -1), b.shape.at(transposeB ? -1 : -2)];
  util.assert(
    inner[0] === inner[1],
    () => `matMul: inner sizes ${inner.join(' and ')} of [${a.shape}] and [${b.shape}]`,
  );
  const isFloat = a.dtype === 'float32';
  if (isFloat && a.shape.length === 3 && b.shape.length === 3 && a.shape[0] === 1 && b.shape[0] === 1) {
    const matrix = (value: Traced) => withShape(graph, value, value.shape.slice(1));
    const result = product(graph, matrix(a), matrix(b), transposeA, transposeB);
    return withShape(graph, result, [1, ...result.shape]);
  }
  if (isFloat && a.shape.length === 2 && b.shape.length === 2) return product(graph, a, b, transposeA, transposeB);
  const plain = (value: Traced, transpose: boolean) => {
    const order = identityOrder(value.shape.length);
    const last = order.length - 1;
    return transpose ? inOrder(graph, value, [...order.slice(0, -2), last, last - 1]) : inOrder(graph, value, order);
  };
  const batch = broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const shape = [...batch, a.shape.at(transposeA ? -1 : -2)!, b.shape.at(transposeB ? -2 : -1)!];
  return traced(graph.node('MatMul', [plain(a, transposeA), plain(b, transposeB)]), shape, a.dtype);
};

/** `x + bias` where x is a matrix product: the product adds the bias on its way, not in one more pass over x. */
export function biased(graph: GraphBuilder, x: Traced, bias: Traced): Traced | undefined {
  const product = graph.producer(x.name);
  const isProduct = product?.op === 'Gemm' && product.inputs.length === 2 && x.shape.length === 2;
  if (!isProduct || bias.shape.length !== 1 || bias.shape[0] !== x.shape[1]) return undefined;
  const stored = x.order[0] === 1 ? graph.reshape(bias.name, bias.shape, [at(bias.shape, 0), 1]) : bias.name;
  return { ...x, name: graph.node('Gemm', [...product.inputs, stored], product.attributes) };
}

export const matrix = { BatchMatMul: batchMatMul } satisfies KernelTable;
