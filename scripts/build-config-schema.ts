/** Writes schemas/config.json: `npm run build:schema`, after the config's keys have changed. */
import { writeFileSync } from 'node:fs';
import { configSchemaText } from '../src/config/json-schema.js';

writeFileSync(new URL('../schemas/config.json', import.meta.url), configSchemaText());
