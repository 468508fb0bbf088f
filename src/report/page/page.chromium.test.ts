import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { curveCsv } from '../../records/curve-record.js';
import { writeReport } from '../report.js';
import { type FixtureRun, f1Runs, writeRuns } from '../testing/fixture-runs.js';

/** A Chromium of this machine, or null: Playwright's own is not downloaded. */
const CHROMIUM =
  [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
    (path) => path !== undefined && existsSync(path),
  ) ?? null;

/** Starts it without a window and without traffic of its own. */
function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM!,
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ],
  });
}

/**
 * A script for a page: WCAG 2's contrast ratio of the first element of each kind against what is behind it, as pairs of
 * selector and ratio. 4.5 is enough for text of any size.
 */
function contrastScript(selectors: readonly string[]): string {
  return `(() => {
    const channels = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
    const linear = (c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
    const luminance = (colour) => {
      const [red, green, blue] = channels(colour).map(linear);
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const behind = (element) => {
      for (let at = element; at !== null; at = at.parentElement) {
        const { backgroundColor } = getComputedStyle(at);
        if (channels(backgroundColor)[3] !== 0) return backgroundColor;
      }
      return 'rgb(255, 255, 255)';
    };
    return ${JSON.stringify(selectors)}.map((selector) => {
      const element = document.querySelector(selector);
      const style = getComputedStyle(element);
      const text = luminance(element instanceof SVGElement ? style.fill : style.color);
      const back = luminance(behind(element));
      return [selector, (Math.max(text, back) + 0.05) / (Math.min(text, back) + 0.05)];
    });
  })()`;
}

if (CHROMIUM === null) console.warn('skipped: there is no Chromium on this machine to open the page in');

const generated: FixtureRun = { experiment: 'trial', synthetic: true, config: { epochs: 3 } };

describe.skipIf(CHROMIUM === null)('report.html in Chromium', () => {
  let results: string;
  let browser: Browser;

  beforeAll(async () => {
    results = await mkdtemp(join(tmpdir(), 'smoothout-page-'));
    await writeRuns(results, [...f1Runs(3), generated, { experiment: 'c1-lb', record: { status: 'diverged' } }]);
    await mkdir(join(results, 'figures'));
    const checkpoint = 'runs/f1-lb/baseline/seed-1/best.safetensors';
    const points = [0, 0.01].map((a) => ({ a, split: 'test', loss: 0.1 + a, accuracy: 98, draws: 100, checkpoint }));
    await writeFile(join(results, 'figures/noise.csv'), curveCsv('sensitivity', points));
    await writeReport({ runs: results, out: null, compare: results });
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser?.close();
    await rm(results, { recursive: true, force: true });
  });

  /** The page, with whatever it complained of or asked for beyond itself. */
  async function open(options: BrowserContextOptions = {}): Promise<{ page: Page; complaints: string[] }> {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    const url = pathToFileURL(join(results, 'report.html')).href;
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
    page.on('request', (request) => request.url() !== url && complaints.push(`request: ${request.url()}`));
    await page.goto(url, { waitUntil: 'networkidle' });
    return { page, complaints };
  }

  test('loads nothing but itself and has nothing to complain of', async () => {
    const { page, complaints } = await open();
    expect(complaints).toEqual([]);
    expect(await page.title()).toBe('SmoothOut, reproduced: Tables 1–3');
    expect(await page.locator('h2').allTextContents()).toEqual([
      'The paper’s claims and their verdicts',
      'How to read the tables',
      `${results} beside ${results}`,
      'Table 1: baseline models',
      'Table 2: SmoothOut in small-batch and large-batch training',
      'Table 3: on top of learning rate tuning and ghost batches',
      'Other runs',
      'Which measure goes with generalisation',
      'Accuracy against batch size',
      'Sharpness against the generalisation gap',
      'Training curves',
      'Other curves around minima',
      'Deviations from the paper',
      'Runs that failed, diverged or did not end',
      'What it cost, in hours by device',
      'Settings and commands',
      'Left out, or to be read with care',
    ]);
  });

  test('the tables have a row for every row of the paper, and the runs apart their marks', async () => {
    const { page } = await open();
    const rows = (id: string) => page.locator(`#${id} table`).first().locator('tbody tr');
    expect(await Promise.all(['table1', 'table2', 'table3', 'apart'].map((id) => rows(id).count()))).toEqual([
      14, 6, 8, 1,
    ]);
    const cells = await rows('table1').nth(1).locator('td').allTextContents();
    expect(cells.map((text) => text.trim())).toEqual([
      ...[
        'F1 Keskar et al.',
        'MNIST',
        '6000',
        'Adam 0.001200 epochs',
        '98.01',
        '98.04± 0.05, n = 3',
        '97.94± 0.05, n = 3',
      ],
      ...['57.8246', '3014± 17, n = 3', '60.04± 0.05, n = 3', '100.1± 0.1, n = 3', 'f1-lb/baseline'],
    ]);
    expect(await page.locator('#apart .mark').allTextContents()).toEqual(['generated data', '3 of 200 epochs']);
    expect(await page.locator('#problems li').allTextContents()).toEqual([
      expect.stringMatching(/^\s*c1-lb\/baseline\/seed-1: diverged after 200 of 200 epochs; in no mean\.$/),
    ]);
  });

  test('a column is sorted from the keyboard: up, down, and back', async () => {
    const { page } = await open();
    const table = page.locator('#table1 table');
    const header = table.locator('thead tr').last().locator('th').nth(4);
    const accuracies = async () => (await table.locator('tbody tr td:nth-child(5)').allTextContents()).map(Number);
    const original = await accuracies();
    // The table's scrolling box is a stop of its own; from there Tab leads through the header.
    await page.locator('#table1 .scroll').focus();
    for (let presses = 0; presses < 5; presses++) await page.keyboard.press('Tab');
    expect(await header.locator('button:focus-visible').count()).toBe(1);
    const states: [string | null, number[]][] = [];
    for (const key of ['Enter', 'Space', 'Enter']) {
      await page.keyboard.press(key);
      states.push([await header.getAttribute('aria-sort'), await accuracies()]);
    }
    const ascending = [...original].sort((a, b) => a - b);
    expect(states).toEqual([
      ['ascending', ascending],
      ['descending', [...ascending].reverse()],
      ['none', original],
    ]);
  });

  test('empty cells stay last whichever way a column is sorted', async () => {
    const { page } = await open();
    const table = page.locator('#table1 table');
    const button = table.locator('thead tr').last().locator('th button').nth(5);
    for (let presses = 0; presses < 2; presses++) {
      await button.click();
      const cells = await table.locator('tbody tr td:nth-child(6)').allTextContents();
      expect(cells.slice(0, 2).every((text) => text.startsWith('98'))).toBe(true);
      expect(cells.slice(2)).toEqual(new Array(12).fill('–'));
    }
  });

  test('a link to the runs opens their settings', async () => {
    const { page } = await open();
    await page.locator('#table1 tbody a').first().click();
    const details = page.locator('details[open]');
    await expect.poll(() => details.count()).toBe(1);
    expect(await details.locator('pre').first().textContent()).toBe(
      'smoothout run results/runs/f1-sb/baseline/seed-1/config.yaml --seed 1-3\n' +
        'smoothout sharpness --ckpt results/runs/f1-sb/baseline/seed-*/best.safetensors --all-conventions',
    );
  });

  test('fits a phone: tables scroll, the page does not', async () => {
    const { page } = await open({ viewport: { width: 390, height: 844 } });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    const scrolls = await page.locator('#table1 .scroll').evaluate((box) => box.scrollWidth > box.clientWidth);
    expect(scrolls).toBe(true);
  });

  test.each(['light', 'dark'] as const)('text has enough contrast in %s', async (colorScheme) => {
    const { page } = await open({ colorScheme });
    const kinds = ['p', 'td', 'td.paper', '.n', '.mark', 'a', 'figcaption', 'figure svg text', 'th.paper', 'pre'];
    const ratios = await page.evaluate<[string, number][]>(contrastScript(kinds));
    expect(ratios.map(([kind]) => kind)).toEqual(kinds);
    expect(ratios.filter(([, ratio]) => ratio < 4.5)).toEqual([]);
  });
});
