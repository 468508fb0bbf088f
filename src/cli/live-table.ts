/** A table at the bottom of the terminal that changes while work is under way; lines of the log go above it. */
import { clearScreenDown, cursorTo, moveCursor } from 'node:readline';
import { divertLog, paint } from './output.js';

export interface Column {
  readonly title: string;
  /** Aligned to the left. */
  readonly isText?: boolean;
  /** At least so wide, lest the table moves at each number. */
  readonly width?: number;
  /** Where the terminal is too narrow, columns with a rank go, the highest first; those without stay. */
  readonly rank?: number;
}

const REDRAW_MS = 250;
const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';

export function createLiveTable(columns: readonly Column[], stream = process.stderr) {
  const rows = new Map<object, readonly string[]>();
  let foot = '';
  let drawn = 0;
  let isDue = false;
  const erase = () => {
    if (drawn > 0) {
      moveCursor(stream, 0, -drawn);
      cursorTo(stream, 0);
      clearScreenDown(stream);
    }
    drawn = 0;
  };
  const draw = () => {
    erase();
    const lines = fitTable(columns, [...rows.values()], foot, stream.columns || 80).slice(0, (stream.rows || 24) - 1);
    for (const [i, line] of lines.entries()) stream.write(`${i === 0 ? paint(stream, 'dim', line) : line}\n`);
    drawn = lines.length;
    isDue = false;
  };
  const endDiversion = divertLog((line) => {
    erase();
    stream.write(`${line}\n`);
    draw();
  });
  const showCursor = () => void stream.write(SHOW_CURSOR);
  stream.write(HIDE_CURSOR);
  process.on('exit', showCursor);
  const timer = setInterval(() => isDue && draw(), REDRAW_MS);
  return {
    addRow() {
      const row = {
        show(cells: readonly string[]) {
          rows.set(row, cells);
          isDue = true;
        },
        remove() {
          rows.delete(row);
          isDue = true;
        },
      };
      return row;
    },
    /** The line below the rows; none where it is empty. */
    foot(line: string) {
      foot = line;
      isDue = true;
    },
    /** Takes the table away. */
    stop() {
      clearInterval(timer);
      erase();
      endDiversion();
      showCursor();
      process.off('exit', showCursor);
    },
  };
}

const GAP = '  ';
/** Width of the first column: it has what the others leave, which go by their ranks where that is less than wished. */
const WISHED_NAME = 20;
const LEAST_NAME = 4;

/** The lines of a table, none longer than `width`: columns go by their rank, then the first one is cut, then the line. */
export function fitTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  foot: string,
  width: number,
): string[] {
  const [first, ...others] = columns.map((column, i) => {
    const least = Math.max(column.title.length, column.width ?? 0);
    return { ...column, i, width: Math.max(least, ...rows.map((row) => row[i]?.length ?? 0)) };
  });
  if (first === undefined || rows.length === 0) return foot === '' ? [] : [cut(foot, width)];
  // Columns that are all empty so far are not shown.
  let shown = others.filter(({ i }) => rows.some((row) => row[i]));
  const taken = () => shown.reduce((sum, column) => sum + column.width + GAP.length, 0);
  for (const last of shown.toSorted((a, b) => (b.rank ?? -1) - (a.rank ?? -1))) {
    if (last.rank === undefined || taken() + Math.min(first.width, WISHED_NAME) <= width) break;
    shown = shown.filter((column) => column !== last);
  }
  const name = { ...first, isText: true, width: Math.max(LEAST_NAME, Math.min(first.width, width - taken())) };
  const line = (cells: readonly string[]) => {
    const padded = [name, ...shown].map((column) => {
      const cell = cut(cells[column.i] ?? '', column.width);
      return column.isText ? cell.padEnd(column.width) : cell.padStart(column.width);
    });
    return cut(padded.join(GAP).trimEnd(), width);
  };
  const lines = [columns.map(({ title }) => title), ...rows].map(line);
  return foot === '' ? lines : [...lines, cut(foot, width)];
}

/** Cut in the middle: the ends of names are what tells them apart. */
function cut(text: string, width: number): string {
  if (text.length <= width) return text;
  const tail = Math.floor((width - 1) / 2);
  return `${text.slice(0, width - 1 - tail)}…${text.slice(text.length - tail)}`;
}
