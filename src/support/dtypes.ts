/** The element types of safetensors, and the arrays that hold them. */

export type TensorData = Float32Array | Float64Array | Int32Array | Uint8Array | BigInt64Array;

/** The dtypes that are read as they are, and can be written. */
const ARRAYS = {
  F64: Float64Array,
  I64: BigInt64Array,
  F32: Float32Array,
  I32: Int32Array,
  U8: Uint8Array,
} as const;

type Dtype = keyof typeof ARRAYS;

/** Those that are widened to float32 when they are read, which holds each of their values. */
const HALVES = new Map<string, (bits: number) => number>([
  ['F16', fromFloat16],
  // The upper half of a float32.
  ['BF16', (bits) => new Float32Array(Uint32Array.of(bits << 16).buffer)[0]!],
]);

/** The bytes as an array of the dtype: in place where they are aligned, else a copy; as bytes where it is not known. */
export function arrayOf(dtype: string, bytes: Uint8Array): TensorData {
  const widen = HALVES.get(dtype);
  if (widen !== undefined) {
    const halves = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return Float32Array.from({ length: bytes.byteLength / 2 }, (_, i) => widen(halves.getUint16(2 * i, true)));
  }
  const ArrayType = isDtype(dtype) ? ARRAYS[dtype] : Uint8Array;
  const aligned = bytes.byteOffset % ArrayType.BYTES_PER_ELEMENT === 0 ? bytes : new Uint8Array(bytes);
  return new ArrayType(
    aligned.buffer as ArrayBuffer,
    aligned.byteOffset,
    aligned.byteLength / ArrayType.BYTES_PER_ELEMENT,
  );
}

/** IEEE 754 binary16: a sign, five bits of exponent, ten of fraction. */
function fromFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = (bits & 0x3ff) / 1024;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -14 : sign * (1 + fraction) * 2 ** (exponent - 15);
}

/** Bytes of an element; undefined where the dtype is not known. */
export function elementSize(dtype: string): number | undefined {
  return isDtype(dtype) ? ARRAYS[dtype].BYTES_PER_ELEMENT : HALVES.has(dtype) ? 2 : undefined;
}

export function dtypeNameOf(data: TensorData): Dtype {
  const match = Object.entries(ARRAYS).find(([, array]) => data instanceof array);
  if (match === undefined) throw new TypeError(`${Object.prototype.toString.call(data)} has no safetensors dtype here`);
  return match[0] as Dtype;
}

function isDtype(name: string): name is Dtype {
  return Object.hasOwn(ARRAYS, name);
}
