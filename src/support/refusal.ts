/** What a schema refuses of a file's contents, in words for whoever has the file. */
import type { z } from 'zod';
import { at } from './at.js';
import { counted } from './words.js';

/** The first thing that is wrong with `value`: "bestAccuracy: expected at most 100, got 101". */
export function refusalText({ issues }: z.ZodError, value: unknown): string {
  const issue = at(issues, 0);
  const key = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') return `unknown key "${[...issue.path, at(issue.keys, 0)].join('.')}"`;
  const found = issue.path.reduce((part, name) => (part as Record<PropertyKey, unknown> | undefined)?.[name], value);
  const expected = expectation(issue);
  if (found === undefined) return `${key || 'it'} is missing: expected ${expected}`;
  return `${key === '' ? '' : `${key}: `}expected ${expected}, got ${shown(found)}`;
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'a mapping',
  record: 'a mapping',
};

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return KINDS[issue.expected] ?? issue.expected;
    case 'too_small':
      return `${issue.inclusive ? 'at least' : 'more than'} ${amount(Number(issue.minimum), issue.origin)}`;
    case 'too_big':
      return `${issue.inclusive ? 'at most' : 'less than'} ${amount(Number(issue.maximum), issue.origin)}`;
    case 'invalid_value':
      return `${issue.values.length === 1 ? '' : 'one of '}${issue.values.map(String).join(', ')}`;
    case 'invalid_union':
      return [...new Set(issue.errors.flat().map(expectation))].join(' or ') || 'another name';
    case 'invalid_format':
      return `text of the form ${issue.pattern ?? issue.format}`;
    default:
      // Our own schemas' messages say what they expect.
      return issue.message;
  }
}

function amount(count: number, of: string): string {
  if (of === 'array') return counted(count, 'item');
  return of === 'string' ? counted(count, 'character') : `${count}`;
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'a mapping' : (JSON.stringify(value) ?? typeof value);
}
