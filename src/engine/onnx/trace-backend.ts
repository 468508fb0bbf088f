/** A tfjs backend that computes nothing: each kernel call appends nodes to the graph of the function being traced. */
import * as tf from '@tensorflow/tfjs';
import { SmoothOutError } from '../../support/errors.js';
import { ARRAYS, type GraphBuilder } from './graph.js';
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

/** What tensors stand for while functions are traced. */
export class Tracer {
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

  newId(behind: Symbolic | Constant): object {
    const dataId = {};
    this.known.set(dataId, behind);
    return dataId;
  }

  /** The values of a constant. @throws SmoothOutError UNSUPPORTED_OP for what is yet to be computed. */
  read(dataId: object): tf.backend_util.BackendValues {
    const behind = this.known.get(dataId)!;
    if ('values' in behind) return behind.values;
    throw new SmoothOutError('UNSUPPORTED_OP', 'The value of a traced tensor cannot be read: it does not exist yet.', {
      hint: 'A compiled function is traced once and then run many times; return the tensor as an output and read that.',
    });
  }

  private behind({ dataId, shape, dtype }: tf.TensorInfo): Symbolic | Constant {
    const known = this.known.get(dataId);
    if (known) return known;
    // Made outside the traced function, on another backend: a constant, which stays there too.
    const constant = { values: tf.engine().readSync(dataId), shape, dtype };
    this.known.set(dataId, constant);
    return constant;
  }
}

/** A backend of tfjs whose tensors a tracer knows. Nothing is computed, so there is nothing to count or to give back. */
const backendOf = (tracer: Tracer) =>
  Object.assign(new tf.KernelBackend(), {
    write: (values, shape, dtype) => tracer.newId({ values, shape, dtype }),
    readSync: (dataId) => tracer.read(dataId),
    read: async (dataId) => tracer.read(dataId),
    numDataIds: () => 0,
    refCount: () => 1,
    incRef: () => {},
    disposeData: () => true,
    floatPrecision: () => 32,
    memory: () => ({ unreliable: true }),
    timerAvailable: () => false,
  } satisfies Partial<tf.KernelBackend>);

function enterConstant(graph: GraphBuilder, { values, shape, dtype }: Constant): Traced {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') {
    return traced(graph.constant(dtype, ARRAYS[dtype].from(values as Float32Array), shape), shape, dtype);
  }
  throw new SmoothOutError(
    'UNSUPPORTED_OP',
    `A constant of dtype ${dtype} cannot be traced: expected float32, int32 or bool.`,
  );
}

let tracer: Tracer | undefined;

/** The tracer, whose backend is registered with tfjs together with its kernels at the first call. */
export function theTracer(): Tracer {
  if (tracer) return tracer;
  const created = new Tracer();
  // The lowest priority: tfjs never picks it by itself.
  tf.registerBackend(BACKEND, () => backendOf(created), 0);
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
  tracer = created;
  return created;
}

/** What tfjs calls: the kernel of the function being traced, between tensors. */
function onTraced(tracer: Tracer, kernelName: string, usual: KernelTable[string]): tf.KernelFunc {
  return ({ inputs, attrs }) => {
    // An input may be undefined: the scale of a batch normalisation without one.
    const given = Object.entries(inputs).filter(([, info]) => info) as [string, tf.TensorInfo][];
    const values = Object.fromEntries(given.map(([name, info]) => [name, tracer.traced(info)]));
    const { graph, kernels } = tracer.current!;
    const result = (kernels[kernelName] ?? usual)(graph, values, (attrs ?? {}) as Record<string, unknown>);
    return Array.isArray(result) ? result.map((value) => tracer.symbol(value)) : tracer.symbol(result as Traced);
  };
}

function unsupported(kernelName: string): SmoothOutError {
  return new SmoothOutError('UNSUPPORTED_OP', `The ONNX engine has no kernel for the tfjs op ${kernelName}.`, {
    hint: `Supported: ${['Identity', ...Object.keys(ALL_KERNELS)].sort().join(', ')}. Or run with --engine tfjs.`,
  });
}
