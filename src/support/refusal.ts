/** What a schema refuses, in words for whoever wrote the value. */
import { z } from 'zod';
import { at } from './at.js';
import { didYouMean } from './errors.js';
import { counted } from './words.js';

/** What `schema` makes of a value. @throws what `refuse` makes of the first thing that is wrong, and of where it is. */
export function parseAs<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  refuse: (why: string, path: readonly PropertyKey[]) => Error,
): z.output<Schema> {
  const { success, data, error } = schema.safeParse(value, { error: refusal });
  if (success) return data;
  const { message, path } = at(error.issues, 0);
  throw refuse(message, path);
}

/** What zod tells its error map. */
export type Refused = z.core.$ZodRawIssue;

/**
 * zod's error map: "bestAccuracy: expected at most 100, got 101". A schema's description completes "expected …". Of a value
 * that may be null it stands within: `.describe('a path, or null').nullable()`.
 */
export function refusal(issue: Refused): string {
  const path = (issue.path ?? []).map(String);
  const [unknown] = unknownKeys(issue);
  if (unknown !== undefined) return unknownKeyText(issue, unknown, didYouMean(unknown, keysOf(issue)));
  const key = path.join('.');
  const found = foundIn(issue);
  const expected = expectation(issue);
  if (found === undefined) return `${key || 'it'} is missing: expected ${expected}`;
  const hint = typeof found === 'string' ? didYouMean(found, choicesOf(issue)) : '';
  return `${key === '' ? '' : `${key}: `}expected ${expected}, got ${shown(found)}${hint}`;
}

/** The value that was refused. Where it tells the forms of a mapping apart, zod has the mapping. */
function foundIn({ input, ...issue }: Refused): unknown {
  return typeof issue.discriminator === 'string' ? (input as Record<string, unknown>)[issue.discriminator] : input;
}

/** @param more what to say after it */
export const unknownKeyText = ({ path = [] }: Refused, key: string, more: string): string =>
  `unknown key ${JSON.stringify([...path, key].join('.'))}${more}`;

/** Keys that are wrong by themselves. A mapping with a description is refused whole. */
export const unknownKeys = (issue: Refused): readonly string[] =>
  issue.code === 'unrecognized_keys' && keysOf(issue).length > 0 ? issue.keys : [];

/** The keys of a mapping that has no description. */
export const keysOf = (issue: Refused): string[] =>
  issue.schema instanceof z.ZodObject && metaOf(issue).description === undefined ? Object.keys(issue.schema.shape) : [];

const metaOf = ({ schema }: Refused) => (schema && z.globalRegistry.get(schema)) ?? {};

/** The names that a value may be. A schema that is neither a union nor an enum has them in its `meta`. */
function choicesOf(issue: Refused): string[] {
  if (issue.code === 'invalid_value') return issue.values.map(String);
  if (Array.isArray(issue.options)) return issue.options.map(String);
  return (metaOf(issue).choices as string[] | undefined) ?? [];
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

function expectation(issue: Refused): string {
  const { description } = metaOf(issue);
  const choices = choicesOf(issue);
  if (description !== undefined && issue.options === undefined) return `${description}${unsaidLimit(issue)}`;
  if (choices.length > 0) return `${choices.length === 1 ? '' : 'one of '}${choices.join(', ')}`;
  switch (issue.code) {
    case 'invalid_type':
      return KINDS[issue.expected] ?? issue.expected;
    case 'too_small':
      return `${issue.inclusive ? 'at least' : 'more than'} ${amount(Number(issue.minimum), issue.origin)}`;
    case 'too_big':
      return `${issue.inclusive ? 'at most' : 'less than'} ${amount(Number(issue.maximum), issue.origin)}`;
    case 'invalid_union':
      return [...new Set(issue.errors.flat().map((one) => expectation(one as Refused)))].join(' or ');
    case 'invalid_format':
      return `text of the form ${issue.pattern ?? issue.format}`;
    default:
      return 'another value';
  }
}

/** Of whole numbers that are limited by what a number can hold alone. */
function unsaidLimit({ code, schema }: Refused): string {
  const isUnsaid = schema instanceof z.ZodNumber && schema.maxValue === Number.MAX_SAFE_INTEGER;
  return code === 'too_big' && isUnsaid ? ` and at most ${Number.MAX_SAFE_INTEGER}` : '';
}

function amount(count: number, of: string): string {
  if (of === 'array') return counted(count, 'item');
  return of === 'string' ? counted(count, 'character') : `${count}`;
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'number') return String(value);
  return typeof value === 'object' && value !== null ? 'a mapping' : (JSON.stringify(value) ?? typeof value);
}
