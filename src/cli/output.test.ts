import { expect, test } from 'vitest';
import { hasColour, shown, textTable } from './output.js';

test('textTable aligns columns and leaves no spaces behind', () => {
  const rows = [
    ['method', 'accuracy', 'note'],
    ['baseline', '98.5', ''],
    ['ada', '100', 'best'],
  ];
  expect(textTable(rows, [1])).toBe('method    accuracy  note\nbaseline      98.5\nada            100  best');
});

test('colour is for terminals, unless NO_COLOR says otherwise', () => {
  const terminal = { isTTY: true } as NodeJS.WriteStream;
  const before = { NO_COLOR: process.env.NO_COLOR, TERM: process.env.TERM };
  try {
    delete process.env.NO_COLOR;
    process.env.TERM = 'xterm';
    expect([hasColour(terminal), hasColour({ isTTY: false } as NodeJS.WriteStream)]).toEqual([true, false]);
    process.env.NO_COLOR = '1';
    expect(hasColour(terminal)).toBe(false);
  } finally {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
});

test('a terminal gets colours and lines, and nothing else to obey', () => {
  const colours = '\u001b[31mred\u001b[39m\tand\n';
  expect(shown(colours)).toBe(colours);
  expect(shown('a\u001b[2Jb\u001b]0;title\u0007\r\0\u009b')).toBe(
    'a\\u001b[2Jb\\u001b]0;title\\u0007\\u000d\\u0000\\u009b',
  );
});
