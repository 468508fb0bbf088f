import { expect, test } from 'vitest';
import { html, raw } from './html.js';

test('what is put in is escaped, in elements and attributes', () => {
  expect(html`<a title="${`"'&`}">${'<script>'}</a>`.html).toBe('<a title="&quot;&#39;&amp;">&lt;script&gt;</a>');
});

test('HTML in HTML stays, lists are joined, nothing is nothing', () => {
  const items = ['a', '<'].map((item) => html`<li>${item}</li>`);
  expect(html`<ul>${items}${null}${undefined}${false}${0}${raw('<br>')}</ul>`.html).toBe(
    '<ul><li>a</li><li>&lt;</li>0<br></ul>',
  );
});
