/** A part of `npm run lint`: fails where a file of src imports from a folder that CONTRIBUTING.md does not let it. */
import { join } from 'node:path';
import { forbiddenImports } from './arrows.js';

const wrong = forbiddenImports(join(import.meta.dirname, '../../src'));
for (const line of wrong) console.error(line);
process.exitCode = wrong.length > 0 ? 1 : 0;
