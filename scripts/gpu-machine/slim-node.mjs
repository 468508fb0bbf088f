/**
 * A Node.js binary without the languages other than English: `node slim-node.mjs FROM TO`. ICU's data is a third of it. Items
 * that are not kept are overwritten with zeros where they lie, which compress to nothing; a binary without such data is
 * copied as it is.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const [from, to] = process.argv.slice(2);
const bytes = readFileSync(from);
// UDataInfo of a package in little-endian ASCII, 'CmnD' (ICU's udata.h, ucmndata.h).
const at = bytes.indexOf(Buffer.from('da271400000000000200436d6e44', 'hex'));
const KEPT = new Set(
  'root en en_US en_US_POSIX res_index pool supplementalData metadata likelySubtags numberingSystems timezoneTypes zoneinfo64 windowsZones metaZones keyTypeData plurals pluralRanges dayPeriods genderList icuver icustd currencyNumericCodes langInfo units grammaticalFeatures tzdbNames'.split(
    ' ',
  ),
);
let cleared = 0;
if (at > 0) {
  const contents = at - 2 + bytes.readUInt16LE(at - 2);
  const count = bytes.readUInt32LE(contents);
  const entry = (i) => [4, 8].map((k) => contents + bytes.readUInt32LE(contents + k + 8 * i));
  for (let i = 0; i + 1 < count; i++) {
    const [nameAt, start] = entry(i);
    const name = bytes.toString('latin1', nameAt, bytes.indexOf(0, nameAt)).replace(/^icudt\d+l\//, '');
    const stem = name.split('/').at(-1).split('.')[0];
    const kept =
      (/\.(icu|nrm|spp)$/.test(name) && stem !== 'unames') ||
      (/\.res$/.test(name) && KEPT.has(stem) && !/^(translit|rbnf)\//.test(name)) ||
      /^brkitr\/(char|word|line|sent|title)\.brk$/.test(name);
    if (kept) continue;
    const [, end] = entry(i + 1);
    bytes.fill(0, start, end);
    cleared += end - start;
  }
}
writeFileSync(to, bytes, { mode: 0o755 });
console.error(`${(cleared / 2 ** 20).toFixed(1)} MiB of other languages cleared`);
