/** schemas/config.json: the JSON Schema by which editors complete and check config files. */
import { z } from 'zod';
import { method, ownMethod, strength } from './methods.js';
import { ownLearningRate } from './optimizer.js';
import { configSchema, seed } from './schema.js';
import { count } from './values.js';

/** Matches the path of a network, data set or method of the user's own. */
const MODULE = /\.(ts|js|mjs)$/;

/** `{ name: ./mine.ts }` is short for `{ name: own, file: ./mine.ts }`. */
const methodByFile = ownMethod.omit({ file: true }).extend({ name: z.string().regex(MODULE) });

/** What a file may say before load.ts makes a config of it. Every key is optional: the file that it extends may have it. */
const fileSchema = configSchema
  .extend({
    extends: z.string().describe('a config beside this one, which this one changes'),
    budget: z.union([z.strictObject({ epochs: count }), configSchema.shape.budget]),
    seeds: z.union([seed, z.string().regex(/^[\d\s,-]+$/), configSchema.shape.seeds]),
    methods: z.array(z.union([method, methodByFile])).min(1),
  })
  .partial();

type JsonSchema = z.core.JSONSchema.BaseSchema;

function configJsonSchema(): JsonSchema {
  const file = z.toJSONSchema(fileSchema, { target: 'draft-07', io: 'input', unrepresentable: 'any', override });
  const variants: JsonSchema = {
    description: 'a config for each: what it changes, with an experiment name of its own',
    type: 'array',
    minItems: 1,
    items: {
      type: 'object',
      allOf: [{ $ref: '#' }],
      required: ['experiment'],
      not: { anyOf: [{ required: ['extends'] }, { required: ['variants'] }] },
    },
  };
  return { title: 'A config of smoothout', ...file, properties: { ...file.properties, variants } };
}

/** Adds what zod's types do not say: that a name may be a file's path, and a number `tuned`. */
function override({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodType; jsonSchema: JsonSchema }): void {
  const { choices, description, ...number } = jsonSchema;
  if (Array.isArray(choices)) {
    delete jsonSchema.choices;
    jsonSchema.anyOf = [{ enum: choices }, { type: 'string', pattern: MODULE.source }];
  }
  if (zodSchema === strength || zodSchema === ownLearningRate) {
    for (const key of Object.keys(number)) delete jsonSchema[key];
    jsonSchema.anyOf = [number, { const: 'tuned' }];
  }
}

/** The text of schemas/config.json. */
export const configSchemaText = (): string => `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
