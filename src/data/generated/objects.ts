import { fillWords, type Stream } from '../../support/random.js';

/**
 * Signed distances in a square of side 2 around the origin: negative inside the shape.
 */
type Shape = (x: number, y: number) => number;
/** Brightness between 0 and 1 of a pattern at a point of the same square. */
type Pattern = (x: number, y: number) => number;

const disc = (x: number, y: number, radius: number) => Math.hypot(x, y) - radius;
const box = (x: number, y: number, halfWidth: number, halfHeight: number) =>
  Math.max(Math.abs(x) - halfWidth, Math.abs(y) - halfHeight);
const triangle: Shape = (x, y) => Math.max(y - 0.6, 0.87 * Math.abs(x) - 0.5 * y - 0.45);

/** A star of `points` points: the radius of its edge goes up and down around the circle. */
const star =
  (points: number): Shape =>
  (x, y) => {
    const phase = (Math.atan2(y, x) * points) / (2 * Math.PI);
    const wave = Math.abs(2 * (phase - Math.floor(phase)) - 1);
    return Math.hypot(x, y) - (0.4 + 0.55 * wave);
  };

/** What the classes of the CIFAR-10 stand-in are. */
export const SHAPES: readonly Shape[] = [
  (x, y) => disc(x, y, 0.8),
  (x, y) => box(x, y, 0.7, 0.7),
  triangle,
  (x, y) => Math.abs(disc(x, y, 0.65)) - 0.2,
  (x, y) => Math.min(box(x, y, 0.9, 0.25), box(x, y, 0.25, 0.9)),
  star(5),
  (x, y) => Math.max(disc(x, y, 0.85), -disc(x - 0.45, y, 0.7)),
  (x, y) => box(x, y, 0.95, 0.3),
  (x, y) => Math.max(box(x, y, 0.75, 0.75), -box(x, y, 0.45, 0.45)),
  (x, y) => Math.min(box(x + 0.5, y, 0.25, 0.85), box(x, y - 0.6, 0.75, 0.25)),
];

const TURN = 2 * Math.PI;
const square = (phase: number) => (phase - Math.floor(phase) < 0.5 ? 1 : 0);

/** What the shapes are filled with; the classes of the CIFAR-100 stand-in are shape and pattern. */
export const PATTERNS: readonly Pattern[] = [
  () => 1,
  (_, y) => square(2 * y),
  (x, y) => (square(1.6 * x) === square(1.6 * y) ? 1 : 0),
  (x, y) => (disc(((x * 2 + 10) % 1) - 0.5, ((y * 2 + 10) % 1) - 0.5, 0.3) < 0 ? 1 : 0),
  (x, y) => Math.min(1, Math.hypot(x, y)),
  (x) => Math.min(1, Math.max(0, 0.5 + 0.6 * x)),
  (x, y) => Math.max(square(2 * x + 0.35), square(2 * y + 0.35)),
  (x, y) => 0.5 + 0.5 * Math.sin(TURN * (1.5 * x + 0.4 * Math.sin(TURN * y))),
  (x, y) => square(2.5 * Math.hypot(x, y)),
  (x, y) => square((4 * Math.atan2(y, x)) / TURN),
];

/** Words of the stream: what is drawn, then one a pixel for noise. */
const NOISE_WORDS = 64;

/**
 * Paints one coloured object on a textured ground into RGB planes out[at …], height × width bytes each: the shape, filled
 * with the pattern, at a random place, size, angle and pair of colours, half hidden now and then, with noise and a
 * random light. A pure function of (shape, pattern, stream, height, width).
 */
export function paintObject(
  shape: number,
  pattern: number,
  stream: Stream,
  height: number,
  width: number,
  out: Uint8Array,
  at: number,
): void {
  const plane = height * width;
  const words = fillWords(stream, new Uint32Array(NOISE_WORDS + plane));
  let word = 0;
  const between = (low: number, high: number) => low + ((high - low) * words[word++]!) / 2 ** 32;
  const side = Math.min(height, width);

  const size = side * between(0.26, 0.46);
  const centreX = width / 2 + side * between(-0.13, 0.13);
  const centreY = height / 2 + side * between(-0.13, 0.13);
  const angle = between(-0.45, 0.45);
  const stretch = between(0.8, 1.25);
  const light = between(0.7, 1.2);
  const contrast = between(0.5, 1);
  const noise = between(5, 50);
  const groundPattern = PATTERNS[Math.floor(between(1, PATTERNS.length))]!;
  const groundAngle = between(0, TURN);
  const groundScale = between(0.2, 0.6) / (0.3 * side);
  const coverX = between(-1, 1) * 1.6 * size;
  const coverY = between(-1, 1) * 1.6 * size;
  const coverSize = size * between(0, 0.5);
  const colour = () => [between(0, 255), between(0, 255), between(0, 255)] as const;
  const [ink, fill, groundA, groundB, coverColour] = [colour(), colour(), colour(), colour(), colour()];

  const distance = SHAPES[shape]!;
  const shade = PATTERNS[pattern]!;
  const cos = Math.cos(angle) / size;
  const sin = Math.sin(angle) / size;
  const groundCos = Math.cos(groundAngle) * groundScale;
  const groundSin = Math.sin(groundAngle) * groundScale;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const offX = x - centreX;
      const offY = y - centreY;
      const turnedX = (cos * offX + sin * offY) * stretch;
      const turnedY = (cos * offY - sin * offX) / stretch;
      const inside = Math.min(1, Math.max(0, 0.5 - distance(turnedX, turnedY) * size));
      const hidden = Math.max(Math.abs(offX - coverX), Math.abs(offY - coverY)) < coverSize;
      const ground = 0.45 * groundPattern(groundCos * offX + groundSin * offY, groundCos * offY - groundSin * offX);
      const fillShade = inside > 0 ? shade(turnedX, turnedY) : 0;
      const pixel = y * width + x;
      const bits = words[NOISE_WORDS + pixel]!;
      for (let channel = 0; channel < 3; channel++) {
        const back = groundA[channel]! + (groundB[channel]! - groundA[channel]!) * ground;
        const front = fill[channel]! + (ink[channel]! - fill[channel]!) * fillShade;
        const object = back + (front - back) * contrast * inside;
        const grain = (((bits >>> (10 * channel)) & 1023) / 1023 - 0.5) * noise;
        const value = (hidden ? coverColour[channel]! : object) * light + grain;
        out[at + channel * plane + pixel] = Math.min(255, Math.max(0, Math.round(value)));
      }
    }
  }
}
