/** The official files of MNIST over HTTPS on the loopback address, where the real data and openssl are there. */
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { findDataset, officialPlace } from '../../data/open.js';
import { temporaryFolder } from '../../data/testing/fixtures.js';
import { realData } from '../../data/testing/real-data.js';
import { sendFile } from '../../data/testing/server.js';

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

export const canMirror = mnist !== undefined && canMakeCertificates();

/** Its address, and the environment of a command that trusts it. It ends with the test. */
export async function mirrorMnist(): Promise<{ url: string; env: Record<string, string> }> {
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
    async (request, response) => sendFile(await readFile(join(official, basename(request.url!))), request, response),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, env: { NODE_EXTRA_CA_CERTS: certificate } };
}
