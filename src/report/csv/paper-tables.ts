/** Tables 1 to 3 as CSV: a row of the paper each, measured beside published. */
import { METHOD_TITLES } from '../../config/methods.js';
import type { Table1Row, Table2Row, Table3Row, Tables } from '../results.js';
import { accuracy, type CsvRow, decimal, estimateColumns, named, percent, seeds, sharpnessColumns } from './cells.js';

export function tableRows(tables: Tables): Readonly<Record<'table1' | 'table2' | 'table3', CsvRow[]>> {
  return {
    table1: tables.table1.map(table1Csv),
    table2: tables.table2.map(table2Csv),
    table3: tables.table3.map(table3Csv),
  };
}

function table1Csv({ row, baseline }: Table1Row): CsvRow {
  const paper = row.results.baseline;
  return {
    ...named(row),
    data_augment: row.augment ? 'Yes' : 'No',
    optimizer: row.optimizer === 'adam' ? 'Adam' : 'Momentum',
    epochs: row.epochs,
    learning_rate: row.learningRate,
    gbn: row.ghostBatches ? 'Yes' : 'No',
    batch_size: row.batchSize,
    seeds: seeds(baseline),
    ...estimateColumns('accuracy', accuracy(baseline)),
    ...sharpnessColumns('sharpness', baseline),
    paper_accuracy: percent(paper.accuracy),
    paper_sharpness: decimal(paper.sharpness),
  };
}

/** `seeds` is one number where both sides have as many, else "baseline's/SmoothOut's". */
function table2Csv({ row, paper, baseline, smoothout, improvement }: Table2Row): CsvRow {
  return {
    ...named(row),
    batch_size: row.batchSize,
    seeds: seeds(baseline) === seeds(smoothout) ? seeds(baseline) : `${seeds(baseline)}/${seeds(smoothout)}`,
    baseline: decimal(accuracy(baseline)?.mean),
    smoothout: decimal(accuracy(smoothout)?.mean),
    ...estimateColumns('improvement', improvement.best),
    ...sharpnessColumns('sharpness_baseline', baseline),
    ...sharpnessColumns('sharpness_smoothout', smoothout),
    paper_baseline: percent(paper.baseline.accuracy),
    paper_smoothout: percent(paper.smoothout.accuracy),
    paper_sharpness_baseline: decimal(paper.baseline.sharpness),
    paper_sharpness_smoothout: decimal(paper.smoothout.sharpness),
  };
}

function table3Csv({ row, method, paper, group, gap }: Table3Row): CsvRow {
  return {
    ...named(row),
    batch_size: row.batchSize,
    method: METHOD_TITLES[method],
    seeds: seeds(group),
    accuracy: decimal(accuracy(group)?.mean),
    ...estimateColumns('gap', gap.best),
    ...sharpnessColumns('sharpness', group),
    paper_accuracy: percent(paper.accuracy),
    paper_gap: percent(paper.gap),
    paper_sharpness: decimal(paper.sharpness),
  };
}
