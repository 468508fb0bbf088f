/** HTML from templates. */
import { named } from '../../support/at.js';

/** Text that is HTML already. */
export interface Html {
  readonly html: string;
}

export type Content = Html | string | number | null | undefined | false | readonly Content[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text with nothing in it that HTML gives a meaning to, in an element or a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => named(ENTITIES, character));
}

function render(content: Content): string {
  if (content === null || content === undefined || content === false) return '';
  if (Array.isArray(content)) return content.map(render).join('');
  if (typeof content === 'object') return (content as Html).html;
  return escapeHtml(String(content));
}

/** A template of HTML: what is put into it is escaped unless it is Html; null, undefined and false are nothing. */
export function html(strings: TemplateStringsArray, ...contents: readonly Content[]): Html {
  return { html: strings.reduce((text, string, i) => text + render(contents[i - 1]) + string) };
}

/** Trusted text, as it is. */
export function raw(text: string): Html {
  return { html: text };
}

export function section(id: string, title: string, ...contents: readonly (Html | null)[]): Html {
  return html`
<section id="${id}">
<h2>${title}</h2>
${contents}
</section>`;
}
