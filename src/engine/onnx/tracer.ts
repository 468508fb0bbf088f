/**
 * A tfjs backend that computes nothing: each kernel call appends a node to an ONNX graph. `tf.valueAndGrads` runs over it
 * unchanged, so the forward pass, the backward pass and the update of a training step become one graph.
 */
import * as tf from '@tensorflow/tfjs';
import { SmoothOutError } from '../../support/errors.js';
import type { NamedTensors, Signature, TensorFunction, TensorSpec } from '../engine.js';
import { createGraphBuilder, type Graph, type GraphBuilder } from './graph.js';
import { ALL_KERNELS } from './kernels/index.js';
import type { Kernel, KernelTable } from './kernels/kernel.js';
import { declareInputs, type InputPiece, offsetsOf } from './pieces.js';
import { inPlainOrder, type Traced, traced } from './traced.js';

const BACKEND = 'smoothout-trace';

/** Part of an output: the ONNX value `name` holds `size` elements of the output from element `offset` on. */
export interface OutputPiece {
  readonly name: string;
  readonly offset: number;
  readonly shape: readonly number[];
}

export interface TracedFunction {
  readonly graph: Graph;
  readonly inputs: readonly InputPiece[];
  readonly outputs: Readonly<Record<string, readonly OutputPiece[]>>;
  readonly signature: Signature;
}

interface Constant {
  readonly values: tf.backend_util.BackendValues;
  readonly shape: readonly number[];
  readonly dtype: tf.DataType;
}

class TraceBackend extends tf.KernelBackend {
  graph: GraphBuilder | undefined;
  /** Kernels that stand in for the usual ones of the same names. */
  kernels: KernelTable = {};
  private readonly values = new WeakMap<object, Traced | Constant>();

  /** The traced value behind a tensor; a constant enters the graph when it is first used. */
  traced({ dataId }: tf.TensorInfo): Traced {
    const value = this.values.get(dataId)!;
    if ('name' in value) return value;
    const entered = enterConstant(this.graph!, value);
    this.values.set(dataId, entered);
    return entered;
  }

  info(value: Traced): tf.TensorInfo {
    const dataId = {};
    this.values.set(dataId, value);
    return { dataId, shape: [...value.shape], dtype: value.dtype };
  }

  override write(values: tf.backend_util.BackendValues, shape: number[], dtype: tf.DataType): object {
    const dataId = {};
    this.values.set(dataId, { values, shape, dtype });
    return dataId;
  }
  override move(dataId: object, values: tf.backend_util.BackendValues, shape: number[], dtype: tf.DataType): void {
    this.values.set(dataId, { values, shape, dtype });
  }
  override readSync(dataId: object): tf.backend_util.BackendValues {
    const value = this.values.get(dataId)!;
    if ('values' in value) return value.values;
    throw new SmoothOutError('UNSUPPORTED_OP', 'The value of a traced tensor cannot be read: it does not exist yet.', {
      hint: 'A compiled function is traced once and then run many times; return the tensor as an output and read that.',
    });
  }
  override async read(dataId: object): Promise<tf.backend_util.BackendValues> {
    return this.readSync(dataId);
  }
  override numDataIds(): number {
    return 0;
  }
  override refCount(): number {
    return 1;
  }
  override incRef(): void {}
  override disposeData(): boolean {
    return true;
  }
  override floatPrecision(): 16 | 32 {
    return 32;
  }
  override epsilon(): number {
    return 1e-7;
  }
  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }
  override timerAvailable(): boolean {
    return false;
  }
}

function enterConstant(graph: GraphBuilder, { values, shape, dtype }: Constant): Traced {
  if (dtype === 'float32') return traced(graph.float(Float32Array.from(values as Float32Array), shape), shape);
  if (dtype === 'int32') return traced(graph.int32(Int32Array.from(values as Int32Array), shape), shape, 'int32');
  if (dtype === 'bool') return traced(graph.bool(Uint8Array.from(values as Uint8Array), shape), shape, 'bool');
  throw new SmoothOutError(
    'UNSUPPORTED_OP',
    `A constant of dtype ${dtype} cannot be traced: expected float32, int32 or bool.`,
  );
}

let backend: TraceBackend | undefined;

/** Registers the backend and its kernels with tfjs, once. */
function traceBackend(): TraceBackend {
  if (backend) return backend;
  const created = new TraceBackend();
  tf.registerBackend(BACKEND, () => created, 0);
  for (const [kernelName, kernel] of Object.entries(ALL_KERNELS)) registerKernel(created, kernelName, kernel);
  // The tensors saved for the backward pass are cloned through Identity: the same data id keeps what is known of them.
  tf.registerKernel({
    kernelName: 'Identity',
    backendName: BACKEND,
    kernelFunc: ({ inputs }) => {
      const { dataId, shape, dtype } = inputs.x as tf.TensorInfo;
      return { dataId, shape, dtype };
    },
  });
  for (const { kernelName } of tf.getKernelsForBackend('cpu')) {
    if (kernelName === 'Identity' || kernelName in ALL_KERNELS) continue;
    tf.registerKernel({
      kernelName,
      backendName: BACKEND,
      kernelFunc: () => {
        throw unsupported(kernelName, ALL_KERNELS);
      },
    });
  }
  backend = created;
  return created;
}

function registerKernel(created: TraceBackend, kernelName: string, kernel: Kernel): void {
  tf.registerKernel({
    kernelName,
    backendName: BACKEND,
    kernelFunc: ({ inputs, attrs }) => {
      const values = Object.fromEntries(
        Object.entries(inputs).map(([name, info]) => [name, created.traced(info as tf.TensorInfo)]),
      );
      const write = created.kernels[kernelName] ?? kernel;
      const result = write(created.graph!, values, (attrs ?? {}) as Record<string, unknown>);
      return Array.isArray(result) ? result.map((value) => created.info(value)) : created.info(result as Traced);
    },
  });
}

function unsupported(kernelName: string, kernels: KernelTable): SmoothOutError {
  return new SmoothOutError('UNSUPPORTED_OP', `The ONNX engine has no kernel for the tfjs op ${kernelName}.`, {
    hint: `Supported: ${['Identity', ...Object.keys(kernels)].sort().join(', ')}. Or run with --engine tfjs.`,
  });
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
  const tracer = traceBackend();
  const previous = tf.getBackend();
  const graph = createGraphBuilder();
  tracer.graph = graph;
  tracer.kernels = kernels;
  tf.setBackend(BACKEND);
  tf.engine().startScope();
  try {
    const declared = declareInputs(graph, signature, pieces);
    const inputs: NamedTensors = Object.fromEntries(
      Object.entries(declared.values).map(([name, value]) => [name, tensorOf(tracer, value)]),
    );
    const outputs = Object.entries(fn(inputs)).map(([name, tensor]) => {
      const value = tracer.traced(tensor);
      return { name, value, pieces: pieces ? outputPieces(name, value) : [whole(name, value)] };
    });
    const built = graph.build(
      outputs.flatMap((output) =>
        output.pieces.map(({ name, shape, value }) => {
          return { name, shape, dtype: value.dtype, source: inPlainOrder(graph, value) };
        }),
      ),
    );
    const used = new Set(built.inputs.map(({ name }) => name));
    return {
      graph: built,
      inputs: declared.declared().filter(({ name }) => used.has(name)),
      outputs: Object.fromEntries(outputs.map((output) => [output.name, output.pieces])),
      signature: Object.fromEntries(outputs.map(({ name, value }) => [name, specOf(value)])),
    };
  } finally {
    tf.engine().endScope();
    tracer.graph = undefined;
    if (previous && previous !== BACKEND) tf.setBackend(previous);
  }
}

function specOf({ shape, dtype }: Traced): TensorSpec {
  if (dtype !== 'bool') return { shape, dtype };
  throw new SmoothOutError('UNSUPPORTED_OP', 'A traced function returned a bool tensor.', {
    hint: 'Outputs are float32 or int32: cast it with tf.cast.',
  });
}

function tensorOf(tracer: TraceBackend, value: Traced): tf.Tensor {
  const { dataId, shape, dtype } = tracer.info(value);
  return tf.engine().makeTensorFromDataId(dataId, shape, dtype);
}

/** An input may have an output's name; an ONNX value may not. */
const outputName = (name: string) => `out:${name}`;

const whole = (name: string, value: Traced) => ({ name: outputName(name), offset: 0, shape: value.shape, value });

/** An output whole, or in the pieces it comes in. */
function outputPieces(name: string, value: Traced): (OutputPiece & { value: Traced })[] {
  const sizes = value.pieces?.sizes;
  const pieces = sizes && value.pieces?.split(sizes);
  if (!pieces) return [whole(name, value)];
  const offsets = offsetsOf(sizes);
  return pieces.map((piece, i) => ({
    name: `${outputName(name)}@${offsets[i]}`,
    offset: offsets[i]!,
    shape: piece.shape,
    value: piece,
  }));
}
