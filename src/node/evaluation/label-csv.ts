/** Label files in CSV, as spreadsheets and annotation tools write them. */
import { CsvError, parse } from 'csv-parse/sync';
import { AudioError } from '../../errors.js';
import { plainText, readTextLabel, type FileLabel } from '../../evaluation/label-file.js';

/** Fields, and the names that their columns may have. */
const COLUMNS = { start: ['start'], end: ['end'], label: ['label'], file: ['file', 'path'] };

interface Row {
  readonly record: readonly string[];
  readonly info: { readonly lines: number }; // read until the end of the row
}

/**
 * Labels in the order of the file. Its first line names the columns: start and end in seconds, label, and, where the
 * labels are of several audio files, file (or path); in any order, other columns are passed over. Fields are separated
 * by commas, or by semicolons where the first line has any, and may stand in double quotes.
 *
 * @param text may begin with a byte order mark
 * @param where names the label file in messages
 * @throws AudioError naming the label file, the line, and the field
 */
export function parseLabelCsv(text: string, where: string): FileLabel[] {
  const [header, ...rows] = readRows(plainText(text, where), where);
  if (header === undefined)
    throw new AudioError(`${where}: got an empty file, expected a first line with the columns start, end and label`);
  const column = findColumns(header, where);
  return rows.map(({ record, info }) =>
    readTextLabel(
      {
        file: column.file < 0 ? undefined : record[column.file],
        start: record[column.start],
        end: record[column.end],
        label: record[column.label],
      },
      `${where}: line ${info.lines}`,
    ),
  );
}

function readRows(text: string, where: string): Row[] {
  const [firstLine] = text.split(/[\r\n]/, 1);
  try {
    return parse(text, {
      delimiter: firstLine.includes(';') ? ';' : ',',
      info: true,
      skip_empty_lines: true,
      skip_records_with_empty_values: true, // spreadsheets end in rows of separators
      trim: true,
    }) as unknown as Row[];
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new AudioError(`${where}: ${reasonOf(error)}`, { cause: error });
  }
}

function reasonOf({ code, lines, record, message }: CsvError & { lines?: number; record?: readonly string[] }): string {
  if (code !== 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH') return message;
  return (
    `line ${lines}: got ${record?.length} fields, expected as many as the first line has; ` +
    'decimals take a point, and a label with a separator in it stands in double quotes'
  );
}

/** Where each field is in a row; −1 for no file. */
function findColumns({ record, info }: Row, where: string): Record<keyof typeof COLUMNS, number> {
  const names = record.map((name) => name.toLowerCase());
  const indexOf = (field: keyof typeof COLUMNS): number => {
    const found = names.flatMap((name, index) => (COLUMNS[field].includes(name) ? [index] : []));
    if (found.length === 1 || (found.length === 0 && field === 'file')) return found[0] ?? -1;
    const expected = `exactly one called ${COLUMNS[field].join(' or ')}`;
    throw new AudioError(`${where}: line ${info.lines}: got the columns ${record.join(', ')}, expected ${expected}`);
  };
  return { start: indexOf('start'), end: indexOf('end'), label: indexOf('label'), file: indexOf('file') };
}
