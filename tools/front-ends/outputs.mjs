import { format } from 'prettier';
import { readComments } from './comments.mjs';
import { compareAll, errorTable, presetErrors } from './errors.mjs';
import { schemaOf } from './schema.mjs';
import { streamTable } from './streams.mjs';
import { fieldTable, microfrontendTable, presetTable, valueTable } from './tables.mjs';

export const SCHEMA = 'docs/front-end.schema.json';
export const DOCUMENT = 'docs/front-ends.md';

/** The text of the schema's file. */
export function schemaText() {
  return format(JSON.stringify(schemaOf(readComments())), { parser: 'json', printWidth: 120 });
}

/** The generated parts of the document, by name, without the costs, which a machine measures. */
export async function documentParts() {
  const comments = readComments();
  const compared = await compareAll();
  return {
    presets: presetTable(comments, presetErrors(compared)),
    values: valueTable(),
    fields: fieldTable(comments),
    microfrontend: microfrontendTable(comments),
    streams: streamTable(),
    errors: errorTable(compared),
  };
}
