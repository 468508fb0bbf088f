import { describe, expect, test } from 'vitest';
import { FIGURE1_SHIFT, FLAT, figure1, SHARP, toyLoss, type Well } from './figure1-curves.js';

const figure = figure1(1);
const pointOfLeast = (curve: Float64Array): number => figure.w[curve.indexOf(Math.min(...curve))]!;

/** E C(w + Θ) in closed form, up to the wells' normal distribution function. */
function expectedLoss(w: number): number {
  const a = FIGURE1_SHIFT;
  const lost = ({ at, depth, width }: Well): number =>
    ((depth * width * Math.sqrt(2 * Math.PI)) / (2 * a)) *
    (normalCdf((w + a - at) / width) - normalCdf((w - a - at) / width));
  return 1 - lost(FLAT) - lost(SHARP);
}

/** By Simpson's rule from 0. */
function normalCdf(z: number): number {
  const steps = 2000;
  let sum = 0;
  for (let i = 0; i <= steps; i++) {
    const weight = i === 0 || i === steps ? 1 : i % 2 === 0 ? 2 : 4;
    sum += weight * Math.exp(-0.5 * ((i / steps) * z) ** 2);
  }
  return 0.5 + ((z / steps) * sum) / 3 / Math.sqrt(2 * Math.PI);
}

describe('Figure 1', () => {
  test('the loss has its least value at the sharp minimum, and a flat one beside it', () => {
    expect(pointOfLeast(figure.loss)).toBeCloseTo(SHARP.at, 6);
    expect(toyLoss(SHARP.at)).toBeLessThan(toyLoss(FLAT.at));
    const rise = (well: Well): number => toyLoss(well.at + 0.1) - toyLoss(well.at);
    expect(rise(SHARP)).toBeGreaterThan(20 * rise(FLAT));
  });

  test('the average of the shifts has its least value at the flat one, within the flat constraint', () => {
    expect(Math.abs(pointOfLeast(figure.averaged) - FLAT.at)).toBeLessThan(0.02);
  });

  test('the sharp constraint (3) holds within the sharp well’s width', () => {
    const near = (well: Well, radius: number): number[] =>
      [...figure.w.keys()].filter((i) => Math.abs(figure.w[i]! - well.at) <= radius);
    const lowestAveraged = Math.min(...near(SHARP, SHARP.width).map((i) => figure.averaged[i]!));
    const highestLoss = Math.max(...near(SHARP, SHARP.width).map((i) => figure.loss[i]!));
    const flatAveraged = Math.min(...near(FLAT, 1).map((i) => figure.averaged[i]!));
    expect(lowestAveraged).toBeGreaterThanOrEqual(highestLoss);
    expect(highestLoss).toBeGreaterThan(flatAveraged);
  });

  test('1024 shifts come near the expectation, and the four shown are shifts of the loss', () => {
    expect(figure.shifts).toHaveLength(1024);
    expect(figure.perturbed).toHaveLength(4);
    figure.w.forEach((w, i) => {
      expect(Math.abs(figure.averaged[i]! - expectedLoss(w))).toBeLessThan(0.03);
      figure.perturbed.forEach((curve, k) => {
        expect(curve[i]).toBe(toyLoss(w + figure.shifts[k]!));
      });
    });
    expect(Math.max(...figure.shifts.map(Math.abs))).toBeLessThanOrEqual(FIGURE1_SHIFT);
  });

  test('depends on the seed alone', () => {
    expect(figure1(1)).toEqual(figure);
    expect(figure1(2).shifts).not.toEqual(figure.shifts);
  });
});
