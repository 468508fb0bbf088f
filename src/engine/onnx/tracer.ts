/**
 * Runs a function once over symbolic tensors. `tf.valueAndGrads` runs over them unchanged, so the forward pass, the
 * backward pass and the update of a training step become one graph.
 */
import * as tf from '@tensorflow/tfjs';
import { at } from '../../support/at.js';
import { evenSizes } from '../../support/shape.js';
import { mapValues, outputSpec, type Signature, type TensorFunction } from '../flat.js';
import { createGraphBuilder, type Graph } from './graph.js';
import type { KernelTable } from './kernels/kernel.js';
import { declareInputs, type InputPiece, offsetsOf, type Piece } from './pieces.js';
import { BACKEND, theTracer } from './trace-backend.js';
import { inPlainOrder, type Traced } from './traced.js';

export interface TracedFunction {
  readonly graph: Graph;
  readonly inputs: readonly InputPiece[];
  readonly outputs: Readonly<Record<string, readonly Piece[]>>;
  /** Of what the function is given, and of what it returns. */
  readonly takes: Signature;
  readonly returns: Signature;
}

export interface TraceOptions {
  /** Feed and fetch split and concatenated vectors piece by piece, as views: right where memory is the host's. */
  readonly pieces: boolean;
  /** Kernels in the form that the device needs, where the usual ones will not do. */
  readonly kernels?: KernelTable;
}

/** Runs `fn` once over symbolic tensors and returns the graph it drew. */
export function trace(
  fn: TensorFunction,
  signature: Signature,
  { pieces, kernels = {} }: TraceOptions,
): TracedFunction {
  const tracer = theTracer();
  const graph = createGraphBuilder();
  const [outer, outerBackend] = [tracer.current, tf.getBackend()];
  tracer.current = { graph, kernels, constants: new Map() };
  tf.setBackend(BACKEND);
  tf.engine().startScope();
  try {
    const declared = declareInputs(graph, signature, pieces);
    const inputs = mapValues(declared.values, (value) => {
      const { dataId, shape, dtype } = tracer.symbol(value);
      return tf.engine().makeTensorFromDataId(dataId, shape, dtype);
    });
    const outputs = mapValues(fn(inputs), (tensor, name) => {
      const value = tracer.traced(tensor);
      // An input may have an output's name; an ONNX value may not.
      return { value, pieces: outputPieces(`out:${name}`, value, pieces) };
    });
    const all = Object.values(outputs).flatMap((output) => output.pieces);
    const built = graph.build(
      all.map(({ name, shape, value }) => ({ name, shape, dtype: value.dtype, source: inPlainOrder(graph, value) })),
    );
    const used = new Set(built.inputs.map(({ name }) => name));
    return {
      graph: built,
      inputs: declared.declared().filter(({ name }) => used.has(name)),
      outputs: mapValues(outputs, (output) => output.pieces),
      takes: signature,
      returns: mapValues(outputs, ({ value }, name) => outputSpec(name, value)),
    };
  } finally {
    tf.engine().endScope();
    tracer.current = outer;
    tf.setBackend(outerBackend || 'cpu');
  }
}

/** Elements (1 MiB) of a piece where any cut costs nothing: what is computed on the way to it is as small, and soon gone. */
const SLICE = 2 ** 18;

/** An output whole or, where it `mayBeCut`, in the pieces it comes in. */
function outputPieces(name: string, value: Traced, mayBeCut: boolean): (Piece & { value: Traced })[] {
  const whole = { name, offset: 0, shape: value.shape, value };
  if (!mayBeCut || !value.pieces) return [whole];
  const { sizes = evenSizes(at(value.shape, 0), SLICE), split } = value.pieces;
  const pieces = sizes.length > 1 && split(sizes);
  if (!pieces) return [whole];
  const offsets = offsetsOf(sizes);
  return pieces.map((piece, i) => ({ name: `${name}@${i}`, offset: at(offsets, i), shape: piece.shape, value: piece }));
}
