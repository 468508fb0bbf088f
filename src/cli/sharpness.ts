/** `smoothout sharpness`: measures checkpoints, prints a table and keeps sharpness.json beside each. */
import { type Command, Option } from 'commander';
import { MEASURE_NAMES, type MeasureName } from '../records/perturbation-measures.js';
import { SmoothOutError } from '../support/errors.js';
import type { JobsOptions } from './jobs.js';
import { type KeskarOptions, keskarSharpness } from './keskar-sharpness.js';
import { measureCheckpoints } from './measure-checkpoints.js';
import { addAnalysisOptions, addJobsOption, addLossOptions, choice, positiveNumber, wholeNumber } from './options.js';
import { type PerturbationOptions, perturbationSharpness } from './perturbation-sharpness.js';

const EXAMPLES = `
Examples:
  smoothout sharpness --ckpt results/runs/f1-lb/baseline/seed-1/best.safetensors
  smoothout sharpness --ckpt results/runs/*/*/seed-*/best.safetensors --all-conventions
  smoothout sharpness --ckpt best.safetensors --batch-norm batch --images 10000 --check
  smoothout sharpness --ckpt best.safetensors --manifold 100
  smoothout sharpness --ckpt best.safetensors --measure worst --norm linf --adaptive --radius 0.002 --m 128
  smoothout sharpness --ckpt best.safetensors --measure average --norm l2 --adaptive --logits normalised

docs/sharpness.md says what each measure and convention means and what a measurement costs.`;

type SharpnessOptions = KeskarOptions &
  PerturbationOptions &
  JobsOptions & { readonly ckpt: string[]; readonly measure: 'keskar' | MeasureName };

/** Groups of options that have a meaning for Keskar et al.'s metric alone, and for the other measures alone. */
const OF_KESKAR = 'With --measure keskar:';
const OF_BALLS = 'With --measure worst, average or lpf:';
/** LPF's measure is one ball over all images. */
const NOT_OF_LPF = ['norm', 'adaptive', 'm'];

export function registerSharpness(program: Command): void {
  const command = program
    .command('sharpness')
    .description('measure the sharpness of checkpoints: the (C_ε, A)-sharpness with L-BFGS-B, or others')
    .requiredOption('--ckpt <file...>', 'checkpoints to measure')
    .addOption(
      choice('--measure <name>', 'Keskar et al.’s, worst or average case, or LPF’s', 'keskar', ...MEASURE_NAMES),
    );
  addLossOptions(command)
    .addOption(wholeNumber('--batch-size <n>', 'images in a batch (default: 5000 for batch statistics)', 1))
    .option('--force', 'measure again what has been measured');
  addJobsOption(
    addAnalysisOptions(command, 'measure on the first n images of the split', 'all; worst and average: 1024'),
  );
  addKeskarOptions(command.optionsGroup(OF_KESKAR));
  addPerturbationOptions(command.optionsGroup(OF_BALLS));
  command.addHelpText('after', EXAMPLES).action(async (options: SharpnessOptions) => {
    checkOptions(command, options.measure);
    const { measure } = options;
    process.exitCode =
      measure === 'keskar'
        ? await measureCheckpoints(options, keskarSharpness(options))
        : await measureCheckpoints(options, perturbationSharpness(measure, options));
  });
}

function addKeskarOptions(command: Command): void {
  command
    .addOption(positiveNumber('--epsilon <number>', 'ε of the box: weight x may move by ε·(|x| + 1)').default(5e-4))
    .addOption(wholeNumber('--repeats <n>', 'measurements, of which the largest counts', 1).default(5))
    .addOption(wholeNumber('--max-iterations <n>', 'of L-BFGS-B', 1).default(10))
    .addOption(
      choice(
        '--start <where>',
        'where L-BFGS-B starts: the minimiser or a random point of the box',
        'center',
        'random',
      ),
    )
    .addOption(choice('--gradient <sign>', 'reference: with the sign error of the authors’ code', 'exact', 'reference'))
    .addOption(wholeNumber('--manifold <p>', 'in a random subspace of p dimensions', 1))
    .addOption(
      new Option('--all-conventions', 'measure as defined, as Keskar et al. and as the reference code did').conflicts([
        ...['epsilon', 'split', 'maxIterations', 'start', 'batchNorm', 'gradient', 'manifold'],
      ]),
    )
    .option('--check', 'ask projected ascent and the Hessian’s largest eigenvalue too');
}

function addPerturbationOptions(command: Command): void {
  command
    .addOption(choice('--norm <name>', 'of the ball of perturbations', 'l2', 'linf'))
    .option('--adaptive', 'scale the perturbation of each weight by its size')
    .addOption(positiveNumber('--radius <rho>', 'ρ of the ball or of the noise (default: docs/sharpness.md)'))
    .addOption(wholeNumber('--m <n>', 'images that are perturbed together (default: 128)', 1))
    .addOption(wholeNumber('--steps <n>', 'of Auto-PGD, or draws (default: 20; lpf: 100)', 1))
    .addOption(choice('--logits <how>', 'of the loss: as they are, or of length 1', 'plain', 'normalised'));
}

/** @throws SmoothOutError USAGE for an option that the measure has no use for. */
function checkOptions(command: Command, measure: SharpnessOptions['measure']): void {
  const given = command.options.find((option) => {
    const name = option.attributeName();
    const isUseless =
      option.helpGroupHeading === (measure === 'keskar' ? OF_BALLS : OF_KESKAR) ||
      (measure === 'lpf' && NOT_OF_LPF.includes(name));
    return isUseless && command.getOptionValueSource(name) === 'cli';
  });
  if (given === undefined) return;
  throw new SmoothOutError('USAGE', `${given.long} means nothing to --measure ${measure}`);
}
