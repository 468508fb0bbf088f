/** What the stand-ins show: handwritten-looking digits, and coloured objects of ten shapes and ten patterns. */
import { fillWords, type Stream } from '../../support/random.js';

/** Points [x, y] of one pen stroke, in a unit square with y downwards. */
type Stroke = readonly (readonly [x: number, y: number])[];
/** One way of writing a digit. */
type Glyph = readonly Stroke[];

export const DIGIT_SIDE = 28;

/** Points of an arc of an ellipse, in turns (0 = right, 0.25 = down). */
function arc(centreX: number, centreY: number, radiusX: number, radiusY: number, from: number, to: number): Stroke {
  const steps = Math.max(4, Math.ceil(Math.abs(to - from) * 14));
  return Array.from({ length: steps + 1 }, (_, i) => {
    const angle = 2 * Math.PI * (from + ((to - from) * i) / steps);
    return [centreX + radiusX * Math.cos(angle), centreY + radiusY * Math.sin(angle)] as const;
  });
}

/** Straight lines from point to point: x, y, x, y …. */
function line(...coordinates: readonly number[]): Stroke {
  const points = coordinates.length / 2;
  return Array.from({ length: points }, (_, i) => [coordinates[2 * i]!, coordinates[2 * i + 1]!] as const);
}

const GLYPHS: readonly (readonly Glyph[])[] = [
  [[arc(0.5, 0.5, 0.34, 0.46, 0, 1)], [arc(0.5, 0.5, 0.24, 0.46, -0.2, 0.85)]],
  [
    [line(0.5, 0.05, 0.5, 0.95)],
    [line(0.3, 0.25, 0.54, 0.05, 0.54, 0.95)],
    [line(0.32, 0.22, 0.52, 0.05, 0.52, 0.95), line(0.3, 0.95, 0.74, 0.95)],
  ],
  [
    [[...arc(0.5, 0.3, 0.3, 0.25, -0.45, 0.08), [0.18, 0.94], [0.84, 0.94]]],
    [
      [...arc(0.48, 0.3, 0.28, 0.24, -0.4, 0.1), [0.3, 0.82]],
      [...arc(0.3, 0.84, 0.12, 0.09, 0.1, 0.9), [0.84, 0.95]],
    ],
  ],
  [
    [arc(0.46, 0.27, 0.28, 0.22, -0.42, 0.25), arc(0.46, 0.71, 0.33, 0.24, -0.25, 0.42)],
    [line(0.2, 0.06, 0.76, 0.06, 0.44, 0.42), arc(0.46, 0.69, 0.31, 0.26, -0.25, 0.42)],
  ],
  [
    [line(0.62, 0.05, 0.14, 0.66, 0.88, 0.66), line(0.64, 0.36, 0.64, 0.96)],
    [line(0.24, 0.06, 0.2, 0.52, 0.78, 0.52), line(0.76, 0.06, 0.72, 0.96)],
  ],
  [
    [line(0.78, 0.06, 0.28, 0.06, 0.24, 0.44), [[0.24, 0.44], ...arc(0.44, 0.67, 0.34, 0.27, -0.3, 0.4)]],
    [line(0.74, 0.08, 0.34, 0.06, 0.26, 0.46, 0.56, 0.44, 0.74, 0.6, 0.7, 0.82, 0.5, 0.95, 0.2, 0.9)],
  ],
  [
    [line(0.7, 0.05, 0.4, 0.26, 0.22, 0.62), arc(0.49, 0.69, 0.28, 0.25, -0.5, 0.5)],
    [[[0.52, 0.04], [0.28, 0.42], [0.24, 0.74], ...arc(0.46, 0.74, 0.22, 0.2, 0.45, -0.5)]],
  ],
  [
    [line(0.16, 0.08, 0.82, 0.08, 0.42, 0.95)],
    [line(0.16, 0.08, 0.82, 0.08, 0.46, 0.95), line(0.36, 0.5, 0.76, 0.5)],
    [line(0.2, 0.2, 0.22, 0.07, 0.8, 0.1, 0.58, 0.5, 0.5, 0.95)],
  ],
  [
    [arc(0.5, 0.27, 0.25, 0.22, 0, 1), arc(0.5, 0.73, 0.31, 0.23, 0, 1)],
    [[...arc(0.5, 0.27, 0.24, 0.2, -0.05, -0.75), ...arc(0.5, 0.72, 0.27, 0.23, -0.25, 0.75)]],
  ],
  [
    [arc(0.5, 0.3, 0.28, 0.25, 0, 1), line(0.78, 0.3, 0.74, 0.62, 0.6, 0.95)],
    [arc(0.46, 0.3, 0.27, 0.24, -0.05, 0.95), line(0.73, 0.26, 0.73, 0.95)],
    [arc(0.48, 0.3, 0.26, 0.24, 0, 1), [[0.74, 0.3], ...arc(0.5, 0.7, 0.24, 0.24, 0, 0.4)]],
  ],
];

/** Words of the stream: glyph and distortion, then two a point (80 points at most), then one a pixel. */
const POINT_WORDS = 16;
const PIXEL_WORDS = POINT_WORDS + 160;

/**
 * Draws one handwritten-looking digit into out[at …], 28×28 bytes, white on black: a glyph of line segments, bent point
 * by point, then scaled, sheared, turned and moved as a whole, drawn with a pen of random width on noise, sometimes
 * with a stray stroke across it. A pure function of (digit, stream).
 */
export function drawDigit(digit: number, stream: Stream, out: Uint8Array, at: number): void {
  const words = fillWords(stream, new Uint32Array(PIXEL_WORDS + DIGIT_SIDE * DIGIT_SIDE));
  const unit = (i: number) => words[i]! / 2 ** 32;
  const between = (i: number, low: number, high: number) => low + (high - low) * unit(i);

  const glyphs = GLYPHS[digit]!;
  const glyph = glyphs[Math.floor(unit(0) * glyphs.length)]!;
  const turn = between(1, -0.38, 0.38);
  const shear = between(2, -0.35, 0.35);
  const scaleX = between(3, 11, 20);
  const scaleY = between(4, 15, 23);
  const centreX = DIGIT_SIDE / 2 + between(5, -3, 3);
  const centreY = DIGIT_SIDE / 2 + between(6, -3, 3);
  const pen = between(7, 0.55, 1.7);
  const ink = between(8, 150, 255);
  const bend = between(9, 0.02, 0.075);
  const noise = between(10, 8, 70);
  const cos = Math.cos(turn);
  const sin = Math.sin(turn);

  const cover = new Float32Array(DIGIT_SIDE * DIGIT_SIDE);
  let word = POINT_WORDS;
  const place = ([x, y]: readonly [number, number]): [number, number] => {
    const bentX = (x - 0.5 + between(word, -bend, bend)) * scaleX;
    const bentY = (y - 0.5 + between(word + 1, -bend, bend)) * scaleY;
    word += 2;
    const sheared = bentX - shear * bentY;
    return [centreX + cos * sheared - sin * bentY, centreY + sin * sheared + cos * bentY];
  };
  for (const stroke of glyph) drawStroke(stroke.map(place), pen, cover);
  if (unit(11) < 0.25) {
    const strayX = between(12, 2, 26);
    const strayY = between(13, 2, 26);
    const angle = between(14, 0, 2 * Math.PI);
    drawStroke(line(strayX, strayY, strayX + 9 * Math.cos(angle), strayY + 9 * Math.sin(angle)), 0.8, cover);
  }
  for (let i = 0; i < cover.length; i++) {
    // Subtracting before the cut at 0 keeps most of the background black, as in MNIST.
    const grain = (unit(PIXEL_WORDS + i) - 0.6) * noise;
    out[at + i] = Math.min(255, Math.max(0, Math.round(cover[i]! * ink + grain)));
  }
}

/** Raises `cover` to how far each pixel lies under a pen of this radius drawn along the points. */
function drawStroke(points: Stroke, radius: number, cover: Float32Array): void {
  for (let i = 1; i < points.length; i++) {
    const [startX, startY] = points[i - 1]!;
    const [endX, endY] = points[i]!;
    const alongX = endX - startX;
    const alongY = endY - startY;
    const lengthSquared = alongX * alongX + alongY * alongY || 1;
    const reach = radius + 1;
    const firstX = Math.max(0, Math.floor(Math.min(startX, endX) - reach));
    const lastX = Math.min(DIGIT_SIDE - 1, Math.ceil(Math.max(startX, endX) + reach));
    const firstY = Math.max(0, Math.floor(Math.min(startY, endY) - reach));
    const lastY = Math.min(DIGIT_SIDE - 1, Math.ceil(Math.max(startY, endY) + reach));
    for (let y = firstY; y <= lastY; y++) {
      for (let x = firstX; x <= lastX; x++) {
        const along = ((x - startX) * alongX + (y - startY) * alongY) / lengthSquared;
        const nearest = Math.min(1, Math.max(0, along));
        const offX = x - startX - nearest * alongX;
        const offY = y - startY - nearest * alongY;
        const value = Math.min(1, radius + 0.5 - Math.sqrt(offX * offX + offY * offY));
        const pixel = y * DIGIT_SIDE + x;
        if (value > cover[pixel]!) cover[pixel] = value;
      }
    }
  }
}

/** Signed distances in a square of side 2 around the origin: negative inside the shape. */
type Shape = (x: number, y: number) => number;
/** Brightness between 0 and 1 of a pattern at a point of the same square. */
type Pattern = (x: number, y: number) => number;

const disc = (x: number, y: number, radius: number) => Math.hypot(x, y) - radius;
const box = (x: number, y: number, halfWidth: number, halfHeight: number) =>
  Math.max(Math.abs(x) - halfWidth, Math.abs(y) - halfHeight);
const triangle: Shape = (x, y) => Math.max(y - 0.6, 0.87 * Math.abs(x) - 0.5 * y - 0.45);

/** A star has five points: the radius of its edge goes up and down around the circle. */
const star: Shape = (x, y) => {
  const phase = (Math.atan2(y, x) * 5) / (2 * Math.PI);
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
  star,
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
