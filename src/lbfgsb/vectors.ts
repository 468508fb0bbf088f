/**
 * Loops over vectors of length n. At the sizes this is for, memory sets the pace: products with several columns go
 * through them in strips that stay in cache, four columns at a time, so that every column is read once and nothing else
 * is read from memory twice.
 */
const STRIP = 1024;

// The loops keep to their vectors, which the compiler cannot know of an index: these say so, once for all of them.

/** vᵢ */
const at = (v: Float64Array, i: number): number => v[i]!;

/** vᵢ += x */
const add = (v: Float64Array, i: number, x: number): void => {
  v[i]! += x;
};

/** The variable at place k of a list. */
const variableAt = (indices: Int32Array, k: number): number => indices[k]!;

const column = (columns: readonly Float64Array[], j: number): Float64Array => columns[j]!;

const clamp = (x: number, low: number, high: number): number => (x < low ? low : x > high ? high : x);

/** Each module that uses these makes constants of its own of them: V8 inlines constants, but looks imports up at each call. */
export const access = { at, add, variableAt, column, clamp };

/** Columns j to j + 3. */
const four = (columns: readonly Float64Array[], j: number) =>
  [column(columns, j), column(columns, j + 1), column(columns, j + 2), column(columns, j + 3)] as const;

/** Σᵢ aᵢ bᵢ for begin ≤ i < end, in four sums, since a single one would wait for the adder. */
export function dot(a: Float64Array, b: Float64Array, begin = 0, end = a.length): number {
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  let i = begin;
  for (; i + 3 < end; i += 4) {
    sum0 += at(a, i) * at(b, i);
    sum1 += at(a, i + 1) * at(b, i + 1);
    sum2 += at(a, i + 2) * at(b, i + 2);
    sum3 += at(a, i + 3) * at(b, i + 3);
  }
  for (; i < end; i++) sum0 += at(a, i) * at(b, i);
  return sum0 + sum1 + (sum2 + sum3);
}

export function norm(a: Float64Array): number {
  return Math.sqrt(dot(a, a));
}

/** y[0..count) += α x[0..count) */
export function axpy(alpha: number, x: Float64Array, y: Float64Array, count = y.length): void {
  for (let i = 0; i < count; i++) add(y, i, alpha * at(x, i));
}

export function scale(alpha: number, x: Float64Array): void {
  for (let i = 0; i < x.length; i++) x[i] = alpha * at(x, i);
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
    for (; j < count; j++) add(out, offset + j, dot(column(columns, j), v, begin, end));
  }
}

function addFourDots(
  columns: readonly Float64Array[],
  j: number,
  v: Float64Array,
  begin: number,
  end: number,
  out: Float64Array,
  from: number,
): void {
  const [a, b, c, d] = four(columns, j);
  let sumA = 0;
  let sumB = 0;
  let sumC = 0;
  let sumD = 0;
  for (let i = begin; i < end; i++) {
    const vi = at(v, i);
    sumA += at(a, i) * vi;
    sumB += at(b, i) * vi;
    sumC += at(c, i) * vi;
    sumD += at(d, i) * vi;
  }
  add(out, from, sumA);
  add(out, from + 1, sumB);
  add(out, from + 2, sumC);
  add(out, from + 3, sumD);
}

/** Some of the variables: those listed in indices[begin..end). */
export interface IndexRange {
  readonly indices: Int32Array;
  readonly begin: number;
  readonly end: number;
}

/** Computes what columnDots does, but sums over the variables in the range only. */
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
    const [a, b, c, d] = four(columns, j);
    let sumA = 0;
    let sumB = 0;
    let sumC = 0;
    let sumD = 0;
    for (let k = begin; k < end; k++) {
      const i = variableAt(indices, k);
      const vi = at(v, i);
      sumA += at(a, i) * vi;
      sumB += at(b, i) * vi;
      sumC += at(c, i) * vi;
      sumD += at(d, i) * vi;
    }
    add(out, offset + j, sumA);
    add(out, offset + j + 1, sumB);
    add(out, offset + j + 2, sumC);
    add(out, offset + j + 3, sumD);
  }
  for (; j < count; j++) {
    const a = column(columns, j);
    let sum = 0;
    for (let k = begin; k < end; k++) {
      const i = variableAt(indices, k);
      sum += at(a, i) * at(v, i);
    }
    add(out, offset + j, sum);
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
    const [a, b, c, d] = four(columns, j);
    const ca = at(coefficients, offset + j);
    const cb = at(coefficients, offset + j + 1);
    const cc = at(coefficients, offset + j + 2);
    const cd = at(coefficients, offset + j + 3);
    for (let k = begin; k < end; k++) {
      const i = variableAt(indices, k);
      add(target, i, ca * at(a, i) + cb * at(b, i) + (cc * at(c, i) + cd * at(d, i)));
    }
  }
  for (; j < count; j++) {
    const a = column(columns, j);
    const ca = at(coefficients, offset + j);
    for (let k = begin; k < end; k++) {
      const i = variableAt(indices, k);
      add(target, i, ca * at(a, i));
    }
  }
}
