// Numbers by the million (AssemblyScript with SIMD; `npm run build:philox` writes wasm.ts).
// testing/fill-uniform.ts says the same in plain TypeScript.

const ROUNDS: i32 = 10;
const STEPS: i32 = 64;

/**
 * Writes `runs` × 512 numbers from address 0 on. Four Philox4x32-10 blocks are the states of four xoshiro128++ generators,
 * one in each lane, which then give 64 words each; both signed 16-bit halves h of a word give h · scale + offset. With a
 * deviation above 0 these are uniform on (0, 1), and each run becomes normal numbers while it is in the cache.
 */
export function fill(
  runs: i32, key0: i32, key1: i32, chunk: i32, step: i32, epoch: i32, scale: f32, offset: f32, deviation: f32,
): void {
  const multiplier0 = i32x4.splat(0xd2511f53);
  const multiplier1 = i32x4.splat(0xcd9e8d57);
  const scales = f32x4.splat(scale);
  const offsets = f32x4.splat(offset);
  let address: usize = 0;
  for (let run = 0; run < runs; run++) {
    let c0 = i32x4.add(i32x4.splat(4 * run), i32x4(0, 1, 2, 3));
    let c1 = i32x4.splat(chunk);
    let c2 = i32x4.splat(step);
    let c3 = i32x4.splat(epoch);
    let k0 = key0;
    let k1 = key1;
    for (let round = 0; round < ROUNDS; round++) {
      const low0 = i64x2.extmul_low_i32x4_u(c0, multiplier0);
      const high0 = i64x2.extmul_high_i32x4_u(c0, multiplier0);
      const low1 = i64x2.extmul_low_i32x4_u(c2, multiplier1);
      const high1 = i64x2.extmul_high_i32x4_u(c2, multiplier1);
      c0 = v128.xor(v128.xor(v128.shuffle<i32>(low1, high1, 1, 3, 5, 7), c1), i32x4.splat(k0));
      c1 = v128.shuffle<i32>(low1, high1, 0, 2, 4, 6);
      c2 = v128.xor(v128.xor(v128.shuffle<i32>(low0, high0, 1, 3, 5, 7), c3), i32x4.splat(k1));
      c3 = v128.shuffle<i32>(low0, high0, 0, 2, 4, 6);
      k0 += 0x9e3779b9;
      k1 += 0xbb67ae85;
    }
    for (let i = 0; i < STEPS; i++) {
      const words = i32x4.add(rotated(i32x4.add(c0, c3), 7), c0);
      const shifted = i32x4.shl(c1, 9);
      c2 = v128.xor(c2, c0);
      c3 = v128.xor(c3, c1);
      c1 = v128.xor(c1, c2);
      c0 = v128.xor(c0, c3);
      c2 = v128.xor(c2, shifted);
      c3 = rotated(c3, 11);
      const low = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(words));
      const high = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(words));
      v128.store(address, f32x4.add(f32x4.mul(low, scales), offsets));
      v128.store(address + 16, f32x4.add(f32x4.mul(high, scales), offsets));
      address += 32;
    }
    if (deviation > 0) makeNormal(address - 32 * STEPS, address, deviation);
  }
}

/**
 * Makes of numbers uniform on (0, 1) as many from N(0, deviation²) (Box–Muller). Of every eight numbers the first four are
 * u and the others v: √(−2 ln u) · sin πt and √(−2 ln u) · cos πt for t = 2v − 1, with cos πt = sin π(½ − |t|).
 */
function makeNormal(start: usize, end: usize, deviation: f32): void {
  const scale = f32x4.splat(-2 * deviation * deviation);
  const half = f32x4.splat(0.5);
  // Sixteen at a time, all read before any is written: the constants of the polynomials are then loaded once for all.
  for (let address = start; address < end; address += 64) {
    const radius0 = f32x4.sqrt(f32x4.mul(scale, logarithm(v128.load(address))));
    const radius1 = f32x4.sqrt(f32x4.mul(scale, logarithm(v128.load(address, 32))));
    const t0 = signed(v128.load(address, 16));
    const t1 = signed(v128.load(address, 48));
    const sine0 = f32x4.mul(radius0, sinePi(t0));
    const cosine0 = f32x4.mul(radius0, sinePi(f32x4.sub(half, f32x4.abs(t0))));
    const sine1 = f32x4.mul(radius1, sinePi(t1));
    const cosine1 = f32x4.mul(radius1, sinePi(f32x4.sub(half, f32x4.abs(t1))));
    v128.store(address, sine0);
    v128.store(address, cosine0, 16);
    v128.store(address, sine1, 32);
    v128.store(address, cosine1, 48);
  }
}

/** 2v − 1. */
// @ts-ignore: decorator of AssemblyScript
@inline
function signed(v: v128): v128 {
  return f32x4.sub(f32x4.add(v, v), f32x4.splat(1));
}

/** ln u = e ln 2 + ln m for u = 2^e m with m from 1 to 2; the polynomial is off by 3·10⁻⁷ at most. */
// @ts-ignore: decorator of AssemblyScript
@inline
function logarithm(u: v128): v128 {
  const exponent = f32x4.convert_i32x4_s(i32x4.sub(i32x4.shr_u(u, 23), i32x4.splat(127)));
  const mantissa = v128.or(v128.and(u, i32x4.splat(0x7fffff)), i32x4.splat(0x3f800000));
  const x = f32x4.sub(mantissa, f32x4.splat(1));
  let p = f32x4.splat(-0.00857467577);
  p = f32x4.add(f32x4.mul(p, x), f32x4.splat(0.0442141928));
  p = f32x4.add(f32x4.mul(p, x), f32x4.splat(-0.107853681));
  p = f32x4.add(f32x4.mul(p, x), f32x4.splat(0.177570239));
  p = f32x4.add(f32x4.mul(p, x), f32x4.splat(-0.244996116));
  p = f32x4.add(f32x4.mul(p, x), f32x4.splat(0.332761765));
  p = f32x4.add(f32x4.mul(p, x), f32x4.splat(-0.499974489));
  p = f32x4.add(f32x4.mul(p, x), f32x4.splat(0.999999821));
  return f32x4.add(f32x4.mul(exponent, f32x4.splat(0.693147181)), f32x4.mul(p, x));
}

/** sin πt = t (1 − t²) p(t²) for t from −1 to 1; the polynomial is off by 5·10⁻⁷ at most. */
// @ts-ignore: decorator of AssemblyScript
@inline
function sinePi(t: v128): v128 {
  const s = f32x4.mul(t, t);
  let p = f32x4.splat(0.00589534314);
  p = f32x4.add(f32x4.mul(p, s), f32x4.splat(-0.0743430257));
  p = f32x4.add(f32x4.mul(p, s), f32x4.splat(0.523734629));
  p = f32x4.add(f32x4.mul(p, s), f32x4.splat(-2.0260818));
  p = f32x4.add(f32x4.mul(p, s), f32x4.splat(3.14159179));
  return f32x4.mul(f32x4.mul(t, f32x4.sub(f32x4.splat(1), s)), p);
}

// @ts-ignore: decorator of AssemblyScript
@inline
function rotated(x: v128, by: i32): v128 {
  return v128.or(i32x4.shl(x, by), i32x4.shr_u(x, 32 - by));
}
