/**
 * The program of a worker: carries out one task after another for the command that started it. When that command asks it
 * to, or is gone, or on SIGTERM, it saves, says so, and ends. Of SIGINT and SIGHUP, which a terminal sends to all of its
 * processes, it leaves it to the command what to do.
 */
import { enterModules } from '../config/resolve.js';
import { openSession, type Session } from '../session/session.js';
import { interrupted } from '../support/errors.js';
import { type Reply, type Request, type TaskRequest, textOf } from './messages.js';
import { type Events, performHere, type TaskName } from './tasks.js';

const controller = new AbortController();
const { signal } = controller;
let session: Promise<Session> | undefined;
let isBusy = false;

function stop(): void {
  controller.abort(interrupted());
  if (!isBusy) process.exit();
}

process.on('SIGINT', () => {});
process.on('SIGHUP', () => {});
process.on('SIGTERM', stop);
process.on('disconnect', stop);
// What a dead command no longer reads.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

process.on('message', (request: Request) => {
  if (request === 'stop') stop();
  else void carryOut(request as TaskRequest<TaskName>);
});

async function carryOut<K extends TaskName>({ settings, kind, given, events }: TaskRequest<K>): Promise<void> {
  isBusy = true;
  try {
    session ??= openSession({ ...settings, signal });
    if ('spec' in given) await enterModules(given.spec);
    await reply<K>({ result: await performHere(await session)(kind, given, forwarded<K>(events)) });
  } catch (error) {
    await reply<K>({ error: textOf(error) });
  }
  isBusy = false;
  if (signal.aborted) process.exit();
}

/** Resolves once the message is on its way, or where the command has gone and nobody is there to be told. */
function reply<K extends TaskName>(message: Reply<K>): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send!(message, undefined, undefined, () => resolve());
    else resolve();
  });
}

/** Between messages of how far a task is, of which the latest is enough. */
const LEAST_MS = 100;

/** Events that are told to the command. */
function forwarded<K extends TaskName>(names: readonly (keyof Events<K>)[]): Events<K> {
  let toldAt = 0;
  const forward =
    (event: keyof Events<K>) =>
    (...args: readonly unknown[]) => {
      if (event === 'onStep' && performance.now() - toldAt < LEAST_MS) return;
      if (event === 'onStep') toldAt = performance.now();
      void reply<K>({ event, args });
    };
  return Object.fromEntries(names.map((name) => [name, forward(name)])) as Events<K>;
}
