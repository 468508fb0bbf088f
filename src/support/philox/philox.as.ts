// Numbers by the million (AssemblyScript with SIMD; `npm run build:philox` writes wasm.ts). random.ts, fillUniform, says
// the same in plain TypeScript.

const ROUNDS: i32 = 10;
const STEPS: i32 = 64;

/**
 * Writes `runs` × 512 numbers from address 0 on. Four Philox4x32-10 blocks are the states of four xoshiro128++ generators,
 * one in each lane, which then give 64 words each; both signed 16-bit halves h of a word give h · scale + offset.
 */
export function fill(
  runs: i32, key0: i32, key1: i32, chunk: i32, step: i32, epoch: i32, scale: f32, offset: f32,
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
  }
}

// @ts-ignore: decorator of AssemblyScript
@inline
function rotated(x: v128, by: i32): v128 {
  return v128.or(i32x4.shl(x, by), i32x4.shr_u(x, 32 - by));
}
