/** The last step of `npm run build`: writes which commit the built code is of, for copies that have no repository. */
import { rmSync, writeFileSync } from 'node:fs';
import { COMMIT_FILE, repositoryCommit } from '../dist/support/versions.js';

const commit = await repositoryCommit();
if (commit === null) rmSync(COMMIT_FILE, { force: true });
else writeFileSync(COMMIT_FILE, `${commit}\n`);
