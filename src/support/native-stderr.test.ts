import { writeSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { openStderrFile } from './native-stderr.js';

test('what is written to the file is told once', () => {
  const { fd, newText, close } = openStderrFile();
  writeSync(fd, 'a device error\n');
  expect([newText(), newText()]).toEqual(['a device error\n', '']);
  writeSync(fd, 'ä');
  expect(newText()).toBe('ä');
  close();
});

test('a folder for temporary files that is not there is named', () => {
  vi.stubEnv('TMPDIR', '/nowhere');
  expect(openStderrFile).toThrow(
    expect.objectContaining({ code: 'OUTPUT_UNWRITABLE', message: expect.stringContaining('/nowhere') }),
  );
  vi.unstubAllEnvs();
});
