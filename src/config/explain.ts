/** Turns what the schema finds wrong into one line each: where, which key, what was expected, what was found. */
import { z } from 'zod';
import { didYouMean } from '../support/suggest.js';
import { configSchema } from './schema.js';
import { at, originAt, plain, type Tree } from './tree.js';

export function explain(issue: z.core.$ZodIssue, tree: Tree): string[] {
  if (issue.code === 'unrecognized_keys') {
    const known = keysOf(schemaAt(issue.path, tree));
    return issue.keys.map((key) => `${originAt(tree, [...issue.path, key])}: ${unknownKey(issue.path, key, known)}`);
  }
  const key = issue.path.join('.') || 'config';
  const schema = schemaAt(issue.path, tree);
  const found = at(tree, issue.path);
  const expected = expectation(schema);
  const got = found === undefined ? 'missing' : `got ${show(found)}`;
  const choices = choicesOf(schema);
  const hint = found?.kind === 'scalar' && typeof found.value === 'string' ? didYouMean(found.value, choices) : '';
  const text = found === undefined ? `${key} is missing: expected ${expected}` : `${key}: expected ${expected}, ${got}`;
  return [`${originAt(tree, issue.path)}: ${text}${hint}`];
}

function unknownKey(path: readonly PropertyKey[], key: string, known: readonly string[]): string {
  const full = [...path, key].join('.');
  const near = didYouMean(key, known);
  if (near !== '') return `unknown key "${full}"${near}`;
  // `learningRate` at the top is a key, but of another mapping.
  const elsewhere = dottedKeys(configSchema).find((dotted) => dotted.split('.').at(-1) === key);
  if (elsewhere !== undefined) return `unknown key "${full}"; did you mean "${elsewhere}"?`;
  return `unknown key "${full}": expected one of ${known.join(', ')}`;
}

function show(tree: Tree): string {
  if (tree.kind === 'map') return 'a mapping';
  if (tree.kind === 'list') return tree.items.length === 0 ? 'an empty list' : 'a list';
  const { value } = tree;
  return typeof value === 'number' ? String(value) : JSON.stringify(plain(tree));
}

type Schema = z.core.$ZodType;

/** The schema below defaults and the like. */
function inner(schema: Schema): Schema {
  while (
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable
  ) {
    schema = schema.def.innerType;
  }
  return schema;
}

/** The schema of the value at `path`; the tree says which of a method's forms is meant. */
function schemaAt(path: readonly PropertyKey[], tree: Tree): Schema {
  let schema: Schema = configSchema;
  for (const [depth, key] of path.entries()) {
    schema = formOf(inner(schema), path.slice(0, depth), tree);
    if (schema instanceof z.ZodArray) schema = schema.element;
    else if (schema instanceof z.ZodObject) schema = schema.shape[String(key)] ?? schema;
  }
  return formOf(schema, path, tree);
}

function formOf(schema: Schema, path: readonly PropertyKey[], tree: Tree): Schema {
  if (!(schema instanceof z.ZodDiscriminatedUnion)) return schema;
  const name = at(tree, [...path, 'name']);
  const forms = schema.options as z.ZodObject[];
  const value = name?.kind === 'scalar' ? name.value : undefined;
  return forms.find((form) => formName(form) === value) ?? methodNames(forms);
}

function formName(form: z.ZodObject): string {
  return String((form.shape.name as z.ZodLiteral).value);
}

/** Stands in for a method whose name is none. */
function methodNames(forms: readonly z.ZodObject[]): z.ZodObject {
  return z.object({ name: z.enum(forms.map(formName)) });
}

function keysOf(schema: Schema): string[] {
  const object = inner(schema);
  return object instanceof z.ZodObject ? Object.keys(object.shape) : [];
}

function choicesOf(schema: Schema): string[] {
  const unwrapped = inner(schema);
  return unwrapped instanceof z.ZodEnum ? unwrapped.options.map(String) : [];
}

function expectation(schema: Schema): string {
  const described = describedIn(schema);
  if (described !== undefined) return described;
  const unwrapped = inner(schema);
  const choices = choicesOf(schema);
  if (choices.length > 0) return choices.length === 1 ? choices[0]! : `one of ${choices.join(', ')}`;
  if (unwrapped instanceof z.ZodBoolean) return 'true or false';
  if (unwrapped instanceof z.ZodArray) return 'a list';
  return `a mapping with the keys ${keysOf(unwrapped).join(', ')}`;
}

/** The outermost description: `.nullable().describe('…, or null')` says more than what it wraps. */
function describedIn(schema: Schema): string | undefined {
  const { description } = schema as z.ZodType;
  if (description !== undefined) return description;
  return 'innerType' in schema._zod.def ? describedIn(schema._zod.def.innerType as Schema) : undefined;
}

function dottedKeys(schema: Schema, prefix = ''): string[] {
  const unwrapped = inner(schema);
  if (unwrapped instanceof z.ZodArray) return dottedKeys(unwrapped.element, prefix);
  if (unwrapped instanceof z.ZodDiscriminatedUnion) {
    return (unwrapped.options as Schema[]).flatMap((form) => dottedKeys(form, prefix));
  }
  if (!(unwrapped instanceof z.ZodObject)) return [];
  return Object.entries(unwrapped.shape).flatMap(([key, value]) => [
    `${prefix}${key}`,
    ...dottedKeys(value as Schema, `${prefix}${key}.`),
  ]);
}
