/** A tfjs backend that computes nothing: each kernel call appends nodes to the graph of the function being traced. */
import * as tf from '@tensorflow/tfjs';
import { SmoothOutError } from '../../support/errors.js';
import type { GraphBuilder } from './graph.js';
import { ALL_KERNELS } from './kernels/index.js';
import type { KernelTable } from './kernels/kernel.js';
import { type Traced, traced, withShape } from './traced.js';

export const BACKEND = 'smoothout-trace';

/** One function being traced. */
export interface Tracing {
  readonly graph: GraphBuilder;
  /** Kernels in the form that the device needs, where the usual ones will not do. */
  readonly kernels: KernelTable;
  /** The constants that the graph has so far. */
  readonly constants: Map<Constant, Traced>;
}

interface Constant {
  readonly values: tf.backend_util.BackendValues;
  readonly shape: readonly number[];
  readonly dtype: tf.DataType;
}

/** A value and the trace that it belongs to. */
interface Symbolic {
  readonly tracing: Tracing;
  readonly value: Traced;
}

export class TraceBackend extends tf.KernelBackend {
  /** What is being traced; undefined between traces. */
  current: Tracing | undefined;
  /** What is known of each tensor, by its data id. */
  private readonly known = new WeakMap<object, Symbolic | Constant>();

  /** The traced value behind a tensor; a constant enters the graph when it is first used. */
  traced(info: tf.TensorInfo): Traced {
    const tracing = this.current!;
    const behind = this.behind(info);
    if ('values' in behind) {
      const entered = tracing.constants.get(behind) ?? enterConstant(tracing.graph, behind);
      tracing.constants.set(behind, entered);
      return withShape(tracing.graph, entered, info.shape);
    }
    if (behind.tracing === tracing) return behind.value;
    throw new SmoothOutError('UNSUPPORTED_OP', 'A tensor of one traced function was used in another.', {
      hint: 'Return it as an output of the first and take it as an input of the second.',
    });
  }

  /** A new tensor that stands for `value`. */
  symbol(value: Traced): tf.TensorInfo {
    const dataId = this.newId({ tracing: this.current!, value });
    return { dataId, shape: [...value.shape], dtype: value.dtype };
  }

  /** Another tensor of the same value. */
  clone(info: tf.TensorInfo): tf.TensorInfo {
    return { ...info, dataId: this.newId(this.behind(info)) };
  }

  private newId(behind: Symbolic | Constant): object {
    const dataId = {};
    this.known.set(dataId, behind);
    return dataId;
  }

  private behind({ dataId, shape, dtype }: tf.TensorInfo): Symbolic | Constant {
    const known = this.known.get(dataId);
    if (known) return known;
    // Made outside the traced function, on another backend: a constant, which stays there too.
    const constant = { values: tf.engine().readSync(dataId), shape, dtype };
    this.known.set(dataId, constant);
    return constant;
  }

  override write(values: tf.backend_util.BackendValues, shape: number[], dtype: tf.DataType): object {
    return this.newId({ values, shape, dtype });
  }
  override readSync(dataId: object): tf.backend_util.BackendValues {
    const behind = this.known.get(dataId)!;
    if ('values' in behind) return behind.values;
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

/** The backend, registered with tfjs together with its kernels at the first call. */
export function traceBackend(): TraceBackend {
  if (backend) return backend;
  const created = new TraceBackend();
  // The lowest priority: tfjs never picks it by itself.
  tf.registerBackend(BACKEND, () => created, 0);
  const register = (kernelName: string, kernelFunc: tf.KernelFunc) =>
    tf.registerKernel({ kernelName, backendName: BACKEND, kernelFunc });
  for (const [name, kernel] of Object.entries(ALL_KERNELS)) register(name, onTraced(created, name, kernel));
  register('Identity', ({ inputs }) => created.clone(inputs.x as tf.TensorInfo));
  for (const { kernelName } of tf.getKernelsForBackend('cpu')) {
    if (kernelName === 'Identity' || kernelName in ALL_KERNELS) continue;
    register(kernelName, () => {
      throw unsupported(kernelName);
    });
  }
  backend = created;
  return created;
}

/** What tfjs calls: the kernel of the function being traced, between tensors. */
function onTraced(created: TraceBackend, kernelName: string, usual: KernelTable[string]): tf.KernelFunc {
  return ({ inputs, attrs }) => {
    // An input may be undefined: the scale of a batch normalisation without one.
    const given = Object.entries(inputs).filter(([, info]) => info) as [string, tf.TensorInfo][];
    const values = Object.fromEntries(given.map(([name, info]) => [name, created.traced(info)]));
    const { graph, kernels } = created.current!;
    const result = (kernels[kernelName] ?? usual)(graph, values, (attrs ?? {}) as Record<string, unknown>);
    return Array.isArray(result) ? result.map((value) => created.symbol(value)) : created.symbol(result as Traced);
  };
}

function unsupported(kernelName: string): SmoothOutError {
  return new SmoothOutError('UNSUPPORTED_OP', `The ONNX engine has no kernel for the tfjs op ${kernelName}.`, {
    hint: `Supported: ${['Identity', ...Object.keys(ALL_KERNELS)].sort().join(', ')}. Or run with --engine tfjs.`,
  });
}
