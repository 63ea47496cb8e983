import { cacheFolder } from '../base/names.ts'
import type { Problem } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import { optionProblems, type OptionForms } from '../contract/option-forms.ts'
import {
  isSql,
  tidyPath,
  type DatapackageSink,
  type FileSink,
  type Sink,
  type SqlSink,
} from '../contract/sink.ts'
import type { DeclaredTable } from '../contract/spec.ts'
import type { DeclaredInput } from './declared.ts'
import { isOfProject } from './project-files.ts'

/** Tells what is wrong with a delivery. */
export type Refuse = (message: string, hint?: string, code?: Problem['code']) => void

type Kinds = { readonly [K in Sink['kind']]: OptionForms }
const database: OptionForms = {
  connection: 'a text',
  table: 'a text',
  mode: 'a text',
  key: 'a list of texts',
  deletes: 'true or false',
}
const files: OptionForms = { file: 'a text' }

/** The options of each kind of sink. */
const options: Kinds = {
  postgres: database,
  sqlite: database,
  csv: {
    ...files,
    delimiter: 'a text',
    header: 'true or false',
    nulls: 'a text',
    escapeFormulas: 'true or false',
  },
  json: files,
  ndjson: files,
  parquet: files,
  excel: { ...files, sheet: 'a text' },
  datapackage: {
    folder: 'a text',
    format: 'a text',
    name: 'a text',
    title: 'a text',
    description: 'a text',
    licenses: 'a list',
  },
}

/** A sink with what it leaves out filled in, or undefined where it is none. Pure: no file and no database is looked at. */
export function checkedSink(to: unknown, inputs: readonly DeclaredInput[], refuse: Refuse): Sink | undefined {
  const kind = typeof to === 'object' && to !== null && 'kind' in to ? String(to.kind) : ''
  if (!Object.hasOwn(options, kind)) {
    const hint = didYouMean(kind, Object.keys(options)) ?? "write `sink.csv({ file: 'out/revenue.csv' })`"
    refuse(kind === '' ? 'it is given no sink' : `there is no sink '${kind}'`, hint)
    return undefined
  }
  const given = to as Sink
  const { kind: _, ...said } = given
  const wrong = optionProblems(`sink.${kind}`, said, options[given.kind], undefined)
  for (const { message, hint } of wrong) refuse(message, hint)
  if (wrong.length > 0) return undefined
  if (given.kind === 'datapackage') return checkedPackage(given, refuse)
  if (inputs.length > 1) {
    refuse(
      `sink.${kind} takes one table, and is given ${inputs.length}`,
      'a datapackage takes several: sink.datapackage({ folder: ... })',
    )
  }
  return isSql(given) ? checkedSql(given, inputs[0], refuse) : checkedFile(given, refuse)
}

function checkedFile(to: FileSink, refuse: Refuse): FileSink | undefined {
  const file = checkedPath(to.file, `sink.${to.kind}: \`file\``, refuse)
  if (file === undefined) return undefined
  if (to.kind === 'excel' && !file.toLowerCase().endsWith('.xlsx'))
    refuse(`'${file}' is no name of a workbook`, 'it ends with .xlsx')
  if (to.kind === 'csv' && to.delimiter !== undefined && !/^[^"\n\r\\]$/.test(to.delimiter))
    refuse(`the delimiter '${to.delimiter}' is not one character`, 'such as `;`')
  return { ...to, file }
}

function checkedPackage(to: DatapackageSink, refuse: Refuse): DatapackageSink | undefined {
  const folder = checkedPath(to.folder, 'sink.datapackage: `folder`', refuse)
  if (folder === undefined) return undefined
  const format: string = to.format ?? 'csv'
  if (format !== 'csv' && format !== 'parquet')
    refuse(`a datapackage has files of csv or parquet, not '${format}'`)
  return { ...to, folder, format: to.format ?? 'csv' }
}

/** A path within the project, and not within what Sluice keeps there. */
function checkedPath(path: unknown, what: string, refuse: Refuse): string | undefined {
  if (typeof path !== 'string' || path === '') {
    refuse(`${what} is missing`, "a path in the project, such as 'out/revenue.csv'")
    return undefined
  }
  const tidy = tidyPath(path)
  const [first = ''] = tidy.split('/')
  const absolute = /^([/\\]|[A-Za-z]:)/.test(path)
  // eslint-disable-next-line no-control-regex -- control characters are what is refused
  if (absolute || tidy.split('/').includes('..') || /[\u0000-\u001f]/.test(path)) {
    refuse(`'${path}' does not lie in the project`, 'deliveries write into the folder of the project only')
    return undefined
  }
  const folder = what.includes('folder')
  if (folder ? tidy.replace(/\/$/, '') === '' : /[/\\]\.?$/.test(path)) {
    if (folder)
      refuse('the folder of the project is for more than a package', "name another, such as 'out/sales'")
    else refuse(`'${path}' is a folder, and no file`, "such as 'out/revenue.csv'")
    return undefined
  }
  if (isOfProject(tidy, folder)) {
    refuse(`'${path}' belongs to the project itself`, "take another folder, such as 'out/'")
    return undefined
  }
  if (first.toLowerCase() === cacheFolder) {
    refuse(`'${path}' lies where Sluice keeps its own files`, "take another folder, such as 'out/'")
    return undefined
  }
  return tidy.replace(/\/$/, '')
}

function checkedSql(to: SqlSink, input: DeclaredInput | undefined, refuse: Refuse): SqlSink | undefined {
  const { kind, mode = 'replace', deletes } = to
  for (const name of ['connection', 'table'] as const) {
    if (typeof to[name] === 'string' && to[name] !== '') continue
    refuse(`sink.${kind}: \`${name}\` is missing`)
    return undefined
  }
  const known: readonly string[] = ['replace', 'append', 'upsert']
  if (!known.includes(mode)) refuse(`there is no mode '${mode}'`, 'replace, append or upsert')
  if (deletes === true && mode !== 'upsert')
    refuse('`deletes` is for the mode upsert', "mode 'replace' leaves no other rows anyway")
  if (/^[^".]*(\.[^".]*){2,}$/.test(to.table))
    refuse(
      `'${to.table}' is no name of a table`,
      'such as public.orders; parts with dots stand in double quotes',
    )
  if (/(^|[."])sluice_deliveries"?$/i.test(to.table))
    refuse(`'${to.table}' is the ledger of deliveries`, 'deliver to a table of another name')
  if (!input) return { ...to, mode }
  const origin = input.origin as DeclaredTable
  const columns = new Map(input.columns.map((column) => [column.name, column]))
  // A key of the table of which a column is not delivered identifies no row of the target.
  const own = origin.key.every((name) => columns.has(name)) ? origin.key : []
  const key = to.key ?? own
  for (const name of key) {
    const column = columns.get(name)
    if (!column) refuse(`the key column '${name}' is not delivered`, didYouMean(name, columns.keys()))
    else if (column.nullable && !origin.key.includes(name))
      refuse(`the key column '${name}' may be NULL`, 'a key identifies a row: its columns are not nullable')
  }
  if (mode === 'upsert' && key.length === 0)
    refuse('mode upsert needs a key', `say \`key: [...]\`, or give table '${input.name}' a key`)
  return { ...to, mode, key: [...key] }
}
