/** The page's first table: the paper's claims, and what the runs say of each. */
import { datasetTitle } from '../../data/catalogue.js';
import { modelTitle } from '../paper.js';
import { NOTHING, plusMinus, sharpnessText, signedText } from '../text.js';
import { reasonFor, type Verdict } from '../verdicts.js';
import { groupLink, section } from './cells.js';
import { type Column, type Html, html, sortableTable } from './html.js';

const QUANTITIES: Readonly<Record<Verdict['quantity'], string>> = {
  accuracy: 'accuracy',
  rise: 'loss under noise',
  defined: 'sharpness, as defined',
  keskar: 'sharpness, Keskar’s',
  reference: 'sharpness, authors’ code',
};

const COLUMNS: readonly Column<Verdict>[] = [
  { title: 'Claim', cell: ({ statement }) => statement, wrap: true },
  { title: 'In', cell: ({ table }) => table },
  { title: 'DNN', cell: ({ row }) => `${modelTitle(row.model)}, ${datasetTitle(row.dataset)}` },
  { title: 'Settings', cell: ({ preset }) => (preset === 'paper' ? 'the paper’s' : 'the authors’') },
  { title: 'Measured in', cell: ({ quantity }) => QUANTITIES[quantity] },
  { title: 'Verdict', cell: ({ word }) => word },
  { title: 'Effect', cell: effectText, numeric: true },
  { title: 'Paper', cell: ({ published }) => published?.toFixed(2) ?? NOTHING, numeric: true, paper: true },
  { title: 'Why', cell: reasonFor, wrap: true },
  {
    title: 'Runs',
    cell: ({ more, less }) => ({ content: html`${more && groupLink(more)} ${less && groupLink(less)}` }),
  },
];

function effectText({ effect, quantity }: Verdict): string {
  if (effect === null) return NOTHING;
  if (quantity === 'accuracy') return `${signedText(effect.mean)}${plusMinus(effect)}`;
  const ci95 = effect.ci95 === null ? '' : ` ± ${sharpnessText(effect.ci95)}`;
  return `${sharpnessText(effect.mean)}${ci95}`;
}

export function claimsSection(claims: readonly Verdict[]): Html {
  const run = claims.filter(({ word }) => word !== 'not run');
  const rest = claims.length - run.length;
  const title = 'The paper’s claims';
  const explanation = html`<p>The effect is in the direction of the claim: above zero is as the paper says. Reproduced and contradicted mean that its 95 %
interval leaves out zero; undecided, that it does not. Each is judged by itself: of twenty differences that are none, one interval
would leave out zero by chance. Accuracy is that of the best epoch, as in the paper; the paper's sharpness is that of the authors'
code and stands beside that convention alone. ${rest} of ${claims.length} claims have no runs yet: claims.csv has all.</p>
`;
  return section('claims', title, explanation, sortableTable(title, COLUMNS, run));
}
