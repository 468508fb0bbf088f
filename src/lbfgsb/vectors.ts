/**
 * Loops over vectors of length n. At the sizes this is for, memory sets the pace: products with several columns go
 * through them in strips that stay in cache, four columns at a time, so that every column is read once and nothing else
 * is read from memory twice.
 */
const STRIP = 1024;

/** Σᵢ aᵢ bᵢ, in four sums, since a single one would wait for the adder. */
export function dot(a: Float64Array, b: Float64Array): number {
  return dotRange(a, b, 0, a.length);
}

function dotRange(a: Float64Array, b: Float64Array, begin: number, end: number): number {
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  let i = begin;
  for (; i + 3 < end; i += 4) {
    sum0 += a[i]! * b[i]!;
    sum1 += a[i + 1]! * b[i + 1]!;
    sum2 += a[i + 2]! * b[i + 2]!;
    sum3 += a[i + 3]! * b[i + 3]!;
  }
  for (; i < end; i++) sum0 += a[i]! * b[i]!;
  return sum0 + sum1 + (sum2 + sum3);
}

export function norm(a: Float64Array): number {
  return Math.sqrt(dot(a, a));
}

/** y += α x */
export function axpy(alpha: number, x: Float64Array, y: Float64Array): void {
  for (let i = 0; i < y.length; i++) y[i]! += alpha * x[i]!;
}

export function scale(alpha: number, x: Float64Array): void {
  for (let i = 0; i < x.length; i++) x[i]! *= alpha;
}

/** out[offset + j] = columns[j] · v for j < count. */
export function columnDots(
  columns: readonly Float64Array[],
  count: number,
  v: Float64Array,
  out: Float64Array,
  offset: number,
): void {
  out.fill(0, offset, offset + count);
  for (let begin = 0; begin < v.length; begin += STRIP) {
    const end = Math.min(begin + STRIP, v.length);
    let j = 0;
    for (; j + 3 < count; j += 4) addFourDots(columns, j, v, begin, end, out, offset + j);
    for (; j < count; j++) out[offset + j]! += dotRange(columns[j]!, v, begin, end);
  }
}

function addFourDots(
  columns: readonly Float64Array[],
  j: number,
  v: Float64Array,
  begin: number,
  end: number,
  out: Float64Array,
  at: number,
): void {
  const a = columns[j]!;
  const b = columns[j + 1]!;
  const c = columns[j + 2]!;
  const d = columns[j + 3]!;
  let sumA = 0;
  let sumB = 0;
  let sumC = 0;
  let sumD = 0;
  for (let i = begin; i < end; i++) {
    const vi = v[i]!;
    sumA += a[i]! * vi;
    sumB += b[i]! * vi;
    sumC += c[i]! * vi;
    sumD += d[i]! * vi;
  }
  out[at]! += sumA;
  out[at + 1]! += sumB;
  out[at + 2]! += sumC;
  out[at + 3]! += sumD;
}

/** Some of the variables: those listed in indices[begin..end). */
export interface IndexRange {
  readonly indices: Int32Array;
  readonly begin: number;
  readonly end: number;
}

/** As columnDots, summing only over the variables in the range. */
export function columnDotsAt(
  columns: readonly Float64Array[],
  count: number,
  v: Float64Array,
  range: IndexRange,
  out: Float64Array,
  offset: number,
): void {
  out.fill(0, offset, offset + count);
  forEachStrip(range, (strip) => addColumnDotsAt(columns, count, v, strip, out, offset));
}

/** Hands out the range in pieces whose share of some twenty columns fits in cache. */
export function forEachStrip(range: IndexRange, visit: (strip: IndexRange) => void): void {
  const { indices, begin, end } = range;
  for (let at = begin; at < end; at += STRIP) visit({ indices, begin: at, end: Math.min(at + STRIP, end) });
}

/** out[offset + j] += Σ columns[j][i]·v[i] over the variables i in the range. */
export function addColumnDotsAt(
  columns: readonly Float64Array[],
  count: number,
  v: Float64Array,
  range: IndexRange,
  out: Float64Array,
  offset: number,
): void {
  const { indices, begin, end } = range;
  let j = 0;
  for (; j + 3 < count; j += 4) {
    const a = columns[j]!;
    const b = columns[j + 1]!;
    const c = columns[j + 2]!;
    const d = columns[j + 3]!;
    let sumA = 0;
    let sumB = 0;
    let sumC = 0;
    let sumD = 0;
    for (let k = begin; k < end; k++) {
      const i = indices[k]!;
      const vi = v[i]!;
      sumA += a[i]! * vi;
      sumB += b[i]! * vi;
      sumC += c[i]! * vi;
      sumD += d[i]! * vi;
    }
    out[offset + j]! += sumA;
    out[offset + j + 1]! += sumB;
    out[offset + j + 2]! += sumC;
    out[offset + j + 3]! += sumD;
  }
  for (; j < count; j++) {
    const a = columns[j]!;
    let sum = 0;
    for (let k = begin; k < end; k++) {
      const i = indices[k]!;
      sum += a[i]! * v[i]!;
    }
    out[offset + j]! += sum;
  }
}

/** target[i] += Σⱼ coefficients[offset + j]·columns[j][i] for j < count and the variables i in the range. */
export function addColumnsAt(
  columns: readonly Float64Array[],
  count: number,
  coefficients: Float64Array,
  offset: number,
  range: IndexRange,
  target: Float64Array,
): void {
  const { indices, begin, end } = range;
  let j = 0;
  for (; j + 3 < count; j += 4) {
    const a = columns[j]!;
    const b = columns[j + 1]!;
    const c = columns[j + 2]!;
    const d = columns[j + 3]!;
    const ca = coefficients[offset + j]!;
    const cb = coefficients[offset + j + 1]!;
    const cc = coefficients[offset + j + 2]!;
    const cd = coefficients[offset + j + 3]!;
    for (let k = begin; k < end; k++) {
      const i = indices[k]!;
      target[i]! += ca * a[i]! + cb * b[i]! + (cc * c[i]! + cd * d[i]!);
    }
  }
  for (; j < count; j++) {
    const a = columns[j]!;
    const ca = coefficients[offset + j]!;
    for (let k = begin; k < end; k++) {
      const i = indices[k]!;
      target[i]! += ca * a[i]!;
    }
  }
}
