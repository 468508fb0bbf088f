// Philox4x32-10 four blocks at a time (AssemblyScript with SIMD; `npm run build:philox` writes philox.wasm.ts).
// Lane i of c0 … c3 is block i of the four, so a round is ten vector instructions for sixteen words.

const ROUNDS: i32 = 10;

/**
 * Writes `groups` × 32 numbers from address 0 on: each of the 16 words of four blocks gives two signed 16-bit halves h,
 * each of those h · scale + offset. `block` is the index of the first block.
 */
export function fill(
  groups: i32, block: i32, key0: i32, key1: i32, chunk: i32, step: i32, epoch: i32, scale: f32, offset: f32,
): void {
  const multiplier0 = i32x4.splat(0xd2511f53);
  const multiplier1 = i32x4.splat(0xcd9e8d57);
  const scales = f32x4.splat(scale);
  const offsets = f32x4.splat(offset);
  let address: usize = 0;
  for (let group = 0; group < groups; group++) {
    let c0 = i32x4.add(i32x4.splat(block + 4 * group), i32x4(0, 1, 2, 3));
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
    // Lanes are blocks, the output wants words of one block together: a 4 × 4 transpose.
    const a = v128.shuffle<i32>(c0, c1, 0, 4, 1, 5);
    const b = v128.shuffle<i32>(c0, c1, 2, 6, 3, 7);
    const c = v128.shuffle<i32>(c2, c3, 0, 4, 1, 5);
    const d = v128.shuffle<i32>(c2, c3, 2, 6, 3, 7);
    store8(address, v128.shuffle<i64>(a, c, 0, 2), scales, offsets);
    store8(address + 32, v128.shuffle<i64>(a, c, 1, 3), scales, offsets);
    store8(address + 64, v128.shuffle<i64>(b, d, 0, 2), scales, offsets);
    store8(address + 96, v128.shuffle<i64>(b, d, 1, 3), scales, offsets);
    address += 128;
  }
}

// @ts-ignore: decorator of AssemblyScript
@inline
function store8(address: usize, words: v128, scale: v128, offset: v128): void {
  const low = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(words));
  const high = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(words));
  v128.store(address, f32x4.add(f32x4.mul(low, scale), offset));
  v128.store(address + 16, f32x4.add(f32x4.mul(high, scale), offset));
}
