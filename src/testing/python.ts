/** The Python that some tests compare with. */
import { execFileSync } from 'node:child_process';

/** A Python 3 that has these modules; undefined, with a message, where there is none. */
export function findPython(...modules: readonly string[]): string | undefined {
  const found = ['python3', '/usr/bin/python3'].find((command) => {
    try {
      execFileSync(command, ['-c', `import ${modules.join(', ')}`], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
  if (found === undefined) console.warn(`skipped: no python3 here has ${modules.join(' and ')}`);
  return found;
}
