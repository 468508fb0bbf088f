/** The types of values that several settings have, each with the words that an error says of it. */
import { z } from 'zod';

// Descriptions complete the sentence "expected …" of an error; enums and booleans need none (support/refusal.ts).

/** Names a folder, so it can never lead out of the results folder. */
export const folderName = z
  .string()
  .regex(/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,64}$/)
  .describe('1 to 64 of the characters A-Z a-z 0-9 . _ -');
export const count = z.int().min(1).describe('a whole number of at least 1');
/** More threads than this are a slip of the hand. */
export const MOST_THREADS = 1024;
export const threads = z.int().min(1).max(MOST_THREADS).describe(`a whole number from 1 to ${MOST_THREADS}`);
export const countOrNull = count.describe('a whole number of at least 1, or null').nullable();
export const positive = z.number().gt(0).describe('a number above 0');
export const nonNegative = z.number().min(0).describe('a number of at least 0');
export const share = z.number().min(0).max(1).describe('a number from 0 to 1');
/** A probability, or momentum's share of the last step. */
export const fraction = z.number().min(0).lt(1).describe('a number from 0 up to, but not, 1');
