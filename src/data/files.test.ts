import { expect, test } from 'vitest';
import { dataWriteError } from './files.js';

test.each([
  ['ENOSPC', 'NO_SPACE', 'Free some space, or choose another folder for the data with --data or SMOOTHOUT_DATA.'],
  ['EROFS', 'OUTPUT_UNWRITABLE', 'Make that place writable, or choose another folder for the data with --data'],
  ['EACCES', 'OUTPUT_UNWRITABLE', 'Make that place writable, or choose'],
])('what to try where data cannot be written: %s', (code, kind, hint) => {
  const error = dataWriteError(Object.assign(new Error(code), { code }), '/data');
  expect(error).toMatchObject({ code: kind, hint: expect.stringContaining(hint) });
});
