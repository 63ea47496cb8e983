import { isObject } from '../base/form.ts'
import { requireColumns, requireOptions, type OptionForms } from './option-forms.ts'
import { withoutUser } from './source-web.ts'

export type SourceFormat = 'csv' | 'json' | 'ndjson' | 'parquet' | 'excel' | 'postgres' | 'sqlite'

const all: OptionForms = { columns: 'an object', name: 'a text', description: 'a text' }

const web: OptionForms = {
  headers: 'an object of texts',
  refresh: 'a text',
  timeout: 'a text',
  maxSize: 'a text',
}

const files: OptionForms = {
  ...all,
  extra: "'error' or 'ignore'",
  archive: 'true, or the name of a folder',
  ...web,
}

const database: OptionForms = {
  ...all,
  connection: 'a text',
  table: 'a text',
  query: 'any',
  highWater: 'a text',
  refresh: 'a text',
}

const csv: OptionForms = {
  ...files,
  encoding: 'a text',
  header: 'true or false',
  delimiter: 'a text',
  quote: 'a text',
  escape: 'a text',
  nulls: 'a list of texts',
  comment: 'a text',
  skip: 'a number',
  dateFormat: 'a text',
  timestampFormat: 'a text',
  decimalSeparator: 'a text',
  rejects: 'a text',
  maxRejects: 'any',
}

/** The options of each kind of source. */
const known: { readonly [F in SourceFormat]: OptionForms } = {
  csv,
  json: files,
  ndjson: files,
  parquet: files,
  excel: { ...files, sheet: 'any', headerRow: 'any' },
  postgres: database,
  sqlite: database,
}

/** Throws a ProblemError with all options that a source of this kind does not have, or that hold something else. */
export function requireSourceOptions(format: SourceFormat, called: unknown, options: unknown): void {
  const name = typeof called === 'string' && called !== '' ? ` '${withoutUser(called)}'` : ''
  requireOptions(`source.${format}${name}`, options, known[format])
  requireColumns(`source.${format}${name}`, isObject(options) ? options['columns'] : undefined)
}
