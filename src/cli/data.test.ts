import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findDataset, officialPlace } from '../data/open.js';
import { temporaryFolder, writeCifar, writeMnist } from '../data/testing/fixtures.js';
import { realData } from '../data/testing/real-data.js';
import './testing/expectations.js';
import { smoothout } from './testing/smoothout.js';

const mnist = await realData('mnist');

function canMakeCertificates(): boolean {
  try {
    execFileSync('openssl', ['version']);
    return true;
  } catch {
    console.warn('skipped: fetching over HTTPS is tested where the openssl command is installed');
    return false;
  }
}

describe('data', () => {
  test('list shows what is here and what is not', async () => {
    const folder = await writeMnist();
    const { status, json } = await smoothout`data list --json --data ${folder}`;
    expect(status).toBe(0);
    expect(json.map(({ name, folder: found, generated }) => [name, found, generated])).toEqual([
      ['mnist', folder, null],
      ['cifar10', null, null],
      ['cifar100', null, null],
      ['imagenet', null, null],
    ]);
    const text = await smoothout`data list --data ${folder}`;
    expect(text.stdout).toMatch(
      new RegExp(`^mnist +MNIST, handwritten digits +60000 +10000 +12 MB +${folder} +no$`, 'm'),
    );
    expect(text.stdout).toMatch(/^imagenet .* by hand +not here +no$/m);
    expect(text.stderr).toBe(`Looked in ${folder}.\n`);
  });

  test('generate makes a stand-in once; list and verify know it from official data', async () => {
    const folder = await temporaryFolder();
    const generate = () => smoothout`data generate mnist --json --data ${folder}`;
    const made = join(folder, 'generated', 'mnist');
    expect((await generate()).json).toEqual([{ dataset: 'mnist', folder: made, made: true }]);
    expect((await generate()).json).toEqual([{ dataset: 'mnist', folder: made, made: false }]);
    const { json } = await smoothout`data list --json --data ${folder}`;
    expect(json[0]).toMatchObject({ folder: null, generated: made });
    const verified = await smoothout`data verify --data ${folder}`;
    expect({ status: verified.status, stderr: verified.stderr }).toEqual({ status: 0, stderr: '' });
    expect(verified.stdout).toMatch(/^mnist: .*: not here$/m);
    expect((await smoothout`data verify mnist --data ${folder}`).status).toBe(4);
  });

  test('verify tells a file that differs but can be read from one that cannot', async () => {
    const folder = await writeCifar('cifar100');
    const readable = await smoothout`data verify cifar100 --data ${folder}`;
    expect(readable.status).toBe(4);
    expect(readable.stdout).toContain(`${join(folder, 'train.bin')}: differs from the official file: has 36888 bytes`);
    expect(readable.stdout).toContain('readable all the same');
    expect(readable.stderr).toContain('2 of 2 checks failed');
    await writeFile(join(folder, 'test.bin'), 'short');
    const broken = await smoothout`data verify --json --data ${folder}`;
    expect(broken.status).toBe(4);
    expect(broken.json).toContainEqual({
      dataset: 'cifar100',
      state: 'cannot be read',
      what: folder,
      detail: expect.stringContaining('test.bin: has 5 bytes'),
    });
  });

  test.each([
    ['generate mnst', 2, 'there is no data set "mnst"; did you mean "mnist"?'],
    ['fetch', 2, "missing required argument 'names'"],
    ['lst', 2, "unknown command 'lst'"],
    ['fetch imagenet', 4, 'cannot be fetched'],
    ['fetch mnist --mirror http://example.com', 4, 'only https addresses are'],
    ['fetch mnist --mirror somewhere', 2, '--mirror'],
  ])('data %s is refused with status %d', async (line, status, saying) => {
    const elsewhere = smoothout.with({ env: { SMOOTHOUT_DATA: await temporaryFolder() } });
    expect(await elsewhere`data ${line.split(' ')}`).toBeRefused({ status, saying });
  });

  test.each(['list', 'fetch', 'verify', 'generate'])('%s --help has an example', async (command) => {
    const { status, stdout } = await smoothout`data ${command} --help`;
    expect(status).toBe(0);
    expect(stdout).toContain(`Example:\n  smoothout data ${command}`);
  });
});

test.skipIf(mnist === undefined || !canMakeCertificates())('fetch gets the real MNIST over HTTPS', async () => {
  const official = (await findDataset(officialPlace('mnist', mnist!)))!;
  const keys = await temporaryFolder();
  const [key, certificate] = [join(keys, 'key.pem'), join(keys, 'certificate.pem')];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-keyout', key, '-out', certificate, ...subject],
    { stdio: 'ignore' },
  );
  const server = createServer(
    { key: await readFile(key), cert: await readFile(certificate) },
    async (request, response) => {
      response.end(await readFile(join(official, basename(request.url!))));
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const mirror = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const folder = await temporaryFolder();
    const fetch = (env: Record<string, string>) =>
      smoothout.with({ env })`data fetch mnist --data ${folder} --mirror ${mirror}`;
    const trusted = await fetch({ NODE_EXTRA_CA_CERTS: certificate });
    expect(trusted).toEqual({
      status: 0,
      stdout: `mnist: fetched and verified 4 files, in ${join(folder, 'mnist')}\n`,
      stderr: '',
    });
    const verified = await smoothout`data verify mnist --data ${folder}`;
    expect(verified.status).toBe(0);
    expect(verified.stdout.match(/: official$/gm)).toHaveLength(4);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
