/** Records say of which version they are, so that a file of another version of the program is named as that. */
import { z } from 'zod';
import { parseAs } from '../support/refusal.js';

const versioned = z.object({ version: z.unknown() });

/**
 * A record's JSON value as its schema has it.
 *
 * @throws what `refuse` makes of a one-line reason: another version, or a field that the schema refuses.
 */
export function parseVersioned<Schema extends z.ZodType>(
  value: unknown,
  schema: Schema,
  version: number,
  refuse: (why: string) => Error = (why) => new Error(why),
): z.output<Schema> {
  const own = versioned.safeParse(value).data?.version;
  if (own !== version) {
    const found = own === undefined ? 'no version in it' : `version ${JSON.stringify(own)}`;
    throw refuse(`${found}, where this program reads version ${version}`);
  }
  return parseAs(schema, value, refuse);
}
