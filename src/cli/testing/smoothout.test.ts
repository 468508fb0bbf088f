import { expect, test } from 'vitest';
import './expectations.js';
import { Finished, words } from './smoothout.js';

test('spaces separate words, line ends too; what is interpolated stays together', () => {
  expect(words`run ${'my file.yaml'}
    --set a=${1}`).toEqual(['run', 'my file.yaml', '--set', 'a=1']);
  expect(words`--name ${''} --ckpt ${['a b', 'c']} ${[]} --force`).toEqual([
    '--name',
    '',
    '--ckpt',
    'a b',
    'c',
    '--force',
  ]);
});

test('toBeRefused asks for the status, the reason, and nothing on stdout', () => {
  const refused = new Finished(2, '', 'smoothout: no such file\n');
  expect(refused).toBeRefused({ status: 2, saying: 'no such file' });
  expect(refused).not.toBeRefused({ status: 4, saying: 'no such file' });
  expect(refused).not.toBeRefused({ status: 2, saying: /^no such/ });
  expect(new Finished(2, 'begun\n', refused.stderr)).not.toBeRefused({ status: 2, saying: 'no such file' });
});
