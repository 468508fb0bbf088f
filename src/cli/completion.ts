/** `smoothout completion`: the script that makes a shell complete this command line, and the words that it asks for. */
import { Argument, type Command, type Option } from 'commander';
import { print } from './output.js';

const SCRIPTS = {
  bash: `_smoothout() {
  local IFS=$'\\n'
  COMPREPLY=($("$1" complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _smoothout smoothout
`,
  zsh: `#compdef smoothout
_smoothout() {
  local -a found
  found=("\${(@f)$("\${words[1]}" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  found=(\${found:#})
  if (( \${#found} )); then compadd -- "\${found[@]}"; else _files; fi
}
if [[ "\${funcstack[1]}" == _smoothout ]]; then _smoothout "$@"; else compdef _smoothout smoothout; fi
`,
  fish: `function __smoothout_complete
  set -l before (commandline -opc)
  set -l current (commandline -ct)
  set -l found ($before[1] complete -- $before[2..-1] "$current" 2>/dev/null)
  if test (count $found) -gt 0
    string join \\n -- $found
  else
    __fish_complete_path "$current"
  end
end
complete -c smoothout -f -a '(__smoothout_complete)'
`,
} as const;

const EXAMPLES = `
Examples:
  smoothout completion bash >> ~/.bashrc
  smoothout completion zsh > ~/.zfunc/_smoothout      (a folder of $fpath)
  smoothout completion fish > ~/.config/fish/completions/smoothout.fish

Commands, options, configs, methods, experiments and checkpoints are completed.`;

export function registerCompletion(program: Command): void {
  program
    .command('completion')
    .description('print the script that makes a shell complete this command line')
    .addArgument(new Argument('<shell>').choices(Object.keys(SCRIPTS)))
    .addHelpText('after', EXAMPLES)
    .action((shell: keyof typeof SCRIPTS) => print(SCRIPTS[shell].trimEnd()));
}

/** What the scripts ask: a line for each way in which the last word may go on. */
export function registerComplete(program: Command): void {
  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .action(async (words: string[]) => {
      const { programWith } = await import('./program.js');
      for (const word of await completions(await programWith(undefined), words)) print(word);
    });
}

/** The ways in which the last of the words after `smoothout` may go on; none where a file of any name may stand. */
export async function completions(program: Command, words: readonly string[]): Promise<string[]> {
  const current = words.at(-1) ?? '';
  const place = read(program, words.slice(0, -1));
  const options = place.command.createHelp().visibleOptions(place.command);
  const all = current.startsWith('-') ? options.flatMap(({ long }) => long ?? []) : await wordsAt(place, current);
  return all.filter((word) => word.startsWith(current));
}

/** The command, its words that are neither options nor their values, and the option that the next word may belong to. */
function read(program: Command, words: readonly string[]) {
  let command = program;
  let operands: string[] = [];
  let option: Option | undefined;
  for (const word of words) {
    if (word.startsWith('-')) {
      option = command.options.find(
        (each) => [each.short, each.long].includes(word) && (each.required || each.optional),
      );
    } else if (option !== undefined) {
      if (!option.variadic) option = undefined;
    } else {
      const below = operands.length === 0 ? command.commands.find((each) => each.name() === word) : undefined;
      command = below ?? command;
      operands = below === undefined ? [...operands, word] : [];
    }
  }
  return { command, operands, option };
}

async function wordsAt(
  { command, operands, option }: ReturnType<typeof read>,
  current: string,
): Promise<readonly string[]> {
  const namesFor = async (what: string) => (await import('./completion-names.js')).namesFor(what, operands, current);
  if (option !== undefined) return option.argChoices ?? namesFor(option.long ?? '');
  if (command.commands.length > 0) {
    const visible = command.createHelp().visibleCommands(command);
    return operands.length === 0 ? visible.map((each) => each.name()) : [];
  }
  const argument = command.registeredArguments[operands.length] ?? command.registeredArguments.at(-1);
  return argument === undefined ? [] : (argument.argChoices ?? namesFor(argument.name()));
}
