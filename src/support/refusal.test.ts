import { expect, test } from 'vitest';
import { z } from 'zod';
import { parseAs } from './refusal.js';

const schema = z.strictObject({
  epochs: z.int().min(0).optional(),
  percent: z.number().max(100).optional(),
  status: z.enum(['running', 'completed']).optional(),
  version: z.literal(1).optional(),
  seeds: z.array(z.number()).min(1).optional(),
  trials: z.array(z.object({ mean: z.number().nullable() })).optional(),
  setting: z.union([z.number(), z.boolean()]).optional(),
  validation: z
    .string()
    .regex(/^holdout:\d+$/)
    .optional(),
  build: z
    .custom((value) => typeof value === 'function')
    .describe('a function')
    .optional(),
});

test.each([
  [{ epochs: -1 }, 'epochs: expected at least 0, got -1'],
  [{ epochs: 1.5 }, 'epochs: expected a whole number, got 1.5'],
  [{ epochs: null }, 'epochs: expected a number, got null'],
  [{ percent: 101 }, 'percent: expected at most 100, got 101'],
  [{ status: 'done' }, 'status: expected one of running, completed, got "done"'],
  [{ version: 2 }, 'version: expected 1, got 2'],
  [{ seeds: [] }, 'seeds: expected at least 1 item, got an empty list'],
  [{ seeds: {} }, 'seeds: expected a list, got a mapping'],
  [{ trials: [{ mean: 1 }, {}] }, 'trials.1.mean is missing: expected a number'],
  [{ setting: 'x' }, 'setting: expected a number or true or false, got "x"'],
  [{ validation: 'test' }, 'validation: expected text of the form /^holdout:\\d+$/, got "test"'],
  [{ build: 3 }, 'build: expected a function, got 3'],
  [{ epoch: 3 }, 'unknown key "epoch"; did you mean "epochs"?'],
  [3, 'expected a mapping, got 3'],
  [undefined, 'it is missing: expected a mapping'],
])('%j is refused in words', (value, text) => {
  expect(() => parseAs(schema, value, (why) => new Error(why))).toThrow(new Error(text));
});
