/** The commands, and the program that they are part of. */
import { Command } from 'commander';
import { versions } from '../support/versions.js';
import { shown } from './output.js';

type Register = (program: Command) => void;

/** A command's file parses, calls and prints; what is slow to load, tfjs above all, it imports in its action. */
const COMMANDS: Readonly<Record<string, () => Promise<Register>>> = {
  run: async () => (await import('./run.js')).registerRun,
  submit: async () => (await import('./submit.js')).registerSubmit,
  tune: async () => (await import('./tune.js')).registerTune,
  sharpness: async () => (await import('./sharpness.js')).registerSharpness,
  curvature: async () => (await import('./curvature.js')).registerCurvature,
  sensitivity: async () => (await import('./sensitivity.js')).registerSensitivity,
  interpolate: async () => (await import('./interpolate.js')).registerInterpolate,
  barrier: async () => (await import('./barrier.js')).registerBarrier,
  landscape: async () => (await import('./landscape.js')).registerLandscape,
  status: async () => (await import('./status.js')).registerStatus,
  compare: async () => (await import('./compare.js')).registerCompare,
  clean: async () => (await import('./clean.js')).registerClean,
  report: async () => (await import('./report.js')).registerReport,
  data: async () => (await import('./data.js')).registerData,
  completion: async () => (await import('./completion.js')).registerCompletion,
  complete: async () => (await import('./completion.js')).registerComplete,
  doctor: async () => (await import('./doctor.js')).registerDoctor,
};

const EXAMPLES = `
Examples:
  smoothout run configs/quickstart.yaml       small and large batch, with and without noise, on generated data
  smoothout run configs/c1-lb.yaml --dry-run  show what would be run
  smoothout data fetch cifar10                download and verify a data set
  smoothout status                            show every run, and what is left of it
  smoothout report                            write the paper's tables from the runs so far
  smoothout doctor                            what this machine has to compute with`;

/** The program with the command of this name; with all of them for any other. */
export async function programWith(name: string | undefined): Promise<Command> {
  const program = new Command('smoothout')
    .description('Reproduces the SmoothOut paper: smoothing out sharp minima in large-batch training.')
    .version((await versions()).smoothout ?? 'unknown', '-V, --version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help for a command')
    .showSuggestionAfterError()
    .addHelpText('after', EXAMPLES)
    .configureOutput({ outputError: (text, write) => write(shown(text).replace(/^error: /, 'smoothout: ')) })
    // Commander would otherwise end the process itself, before what was printed has left it.
    .exitOverride();
  const load = COMMANDS[name ?? ''];
  const registers = await Promise.all(load === undefined ? Object.values(COMMANDS).map((each) => each()) : [load()]);
  for (const register of registers) register(program);
  return program;
}
