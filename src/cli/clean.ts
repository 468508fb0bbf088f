/** `smoothout clean`: what could go from a folder of results, and its removal. */
import type { Command } from 'commander';
import { counted } from '../support/words.js';
import { log, print, printJson, reportError, sizeText, textTable } from './output.js';

interface CleanOptions {
  readonly yes?: boolean;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  smoothout clean
  smoothout clean f1-lb --yes

Of completed runs the optimizer's state goes, and the parameters of last.safetensors stay. What killed processes left of
files goes, and so do empty folders of runs. Runs that are not at their end, and folders that a process has, are left alone.`;

export function registerClean(program: Command): void {
  program
    .command('clean')
    .description('list what could be removed from results, with sizes')
    .argument('[runs]', 'a folder of results or runs, or a name such as f1-lb or "f1-*"', 'results')
    .option('--yes', 'remove it')
    .option('--json', 'print one JSON object a line')
    .addHelpText('after', EXAMPLES)
    .action(async (what: string, { yes = false, json = false }: CleanOptions) => {
      const { findRemovable, removeItem } = await import('../records/removable.js');
      const { items, inUse } = await findRemovable(what, 'results');
      for (const folder of inUse) log(`${folder}: in use, left alone`);
      let status = 0;
      let bytes = 0;
      for (const item of items) {
        const removal = yes ? await removeItem(item).catch((error: unknown) => error) : undefined;
        if (removal !== undefined) status = reportError(removal);
        else bytes += item.bytes;
        if (json) printJson({ ...item, removed: yes && removal === undefined });
      }
      if (!json && items.length > 0) {
        print(
          `${textTable(
            items.map((each) => [each.kind, sizeText(each.bytes), each.path]),
            [1],
          )}\n`,
        );
      }
      const total = `${counted(items.length, 'thing')}, ${sizeText(bytes)}`;
      log(yes ? `Removed: ${total}.` : `${total} could be removed; --yes removes them.`);
      process.exitCode = status;
    });
}
