/**
 * Splits CSV text (RFC 4180: quoted fields, doubled quotes, line breaks within quotes) into records of fields. A final
 * line break ends the last record; empty lines are no records.
 */
export function parseCsv(text: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  // A field with its separator: quoted, or free of quotes, commas and line breaks.
  const field = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r?\n|$)/y;
  while (field.lastIndex < text.length) {
    const line = records.length + 1;
    const match = field.exec(text);
    if (match === null) throw new Error(`record ${line}: a quote out of place`);
    const [, value, separator] = match as unknown as [string, string, string];
    record.push(value.startsWith('"') ? value.slice(1, -1).replaceAll('""', '"') : value);
    if (separator === ',') {
      if (field.lastIndex === text.length) record.push('');
      else continue;
    }
    if (record.length > 1 || record[0] !== '') records.push(record);
    record = [];
  }
  return records;
}
