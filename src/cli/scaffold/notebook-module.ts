import path from 'node:path'
import { braced, columnName, columnOf, inTemplate, listed, propertyName, quoted } from './code-text.ts'
import { columnText } from './column-text.ts'
import type { KnownColumn } from './declared-columns.ts'
import { parseSqlType } from '../../contract/sql-type.ts'

/** A table that the new module reads or writes. */
export interface ModuleTable {
  readonly name: string
  /** Its variable in the new module. */
  readonly variable: string
  /** Undefined where they are not known. */
  readonly columns?: readonly KnownColumn[]
  /** Where it is declared; undefined for a table that the module itself declares. */
  readonly from?: { readonly file: string; readonly exported: string }
}

export interface NotebookModule {
  /** Relative to the project. */
  readonly file: string
  readonly reads: readonly [ModuleTable, ...ModuleTable[]]
  readonly writes: readonly ModuleTable[]
  readonly code: boolean
}

/** The module of a notebook that puts the rows of its first input into its outputs, as a start. */
export function notebookModule(module: NotebookModule): string {
  const { reads, writes } = module
  const fresh = writes.filter(({ from }) => from === undefined)
  const [first] = reads
  const literal = fresh.length > 0 && first.columns !== undefined
  const names = ['notebook', 'sql', ...(literal ? ['t'] : []), ...(fresh.length > 0 ? ['table'] : [])]
  const imports = [`import { ${names.join(', ')} } from 'sluice'\n`, ...importLines(module)]
  const tables = fresh.map((table) => `export const ${table.variable} = ${tableCall(table, first)}\n\n`)
  return `${imports.join('')}
${tables.join('')}export default notebook({
${braced('  inputs: ', variablesOf(reads), ',')}
${braced('  outputs: ', variablesOf(writes), ',')}
${module.code ? runBody(module) : selectBody(module)}})
`
}

function variablesOf(tables: readonly ModuleTable[]): string[] {
  return tables.map(({ variable }) => variable)
}

/** One import for each module, in order of their paths. */
function importLines({ file, reads, writes }: NotebookModule): string[] {
  const byFile = new Map<string, Set<string>>()
  for (const { from, variable } of [...reads, ...writes]) {
    if (from === undefined) continue
    const binding = from.exported === variable ? variable : `${from.exported} as ${variable}`
    byFile.set(from.file, (byFile.get(from.file) ?? new Set()).add(binding))
  }
  return [...byFile]
    .map(([from, bindings]) => ({ from: relativeImport(file, from), bindings: [...bindings].toSorted() }))
    .toSorted((a, b) => (a.from < b.from ? -1 : 1))
    .map(({ from, bindings }) => `${braced('import ', bindings, ` from ${quoted(from)}`)}\n`)
}

/** How a module names another one. Both are relative to the project. */
export function relativeImport(from: string, to: string): string {
  const relative = path.posix.relative(path.posix.dirname(from), to)
  return relative.startsWith('.') ? relative : `./${relative}`
}

function tableCall({ name }: ModuleTable, first: ModuleTable): string {
  if (first.columns === undefined) return `table(${quoted(name)}, ${first.variable}.columns)`
  const lines = first.columns.map((column) => `  ${columnLine(column, first.variable)},\n`)
  return `table(${quoted(name)}, {\n${lines.join('')}})`
}

/** A struct is taken from the input's contract: its type in TypeScript does not tell the order of its fields. */
function columnLine({ name, sql }: KnownColumn, input: string): string {
  if (sql !== undefined) return columnText(name, parseSqlType(sql), 2).text
  const property = propertyName(name)
  return `${property}: ${input}.columns${property === name ? `.${name}` : `[${quoted(name)}]`}`
}

function selectBody(module: NotebookModule): string {
  const [{ variable: input }] = module.reads
  const queries = module.writes.map(
    (output) => `    ${output.variable}: ({ ${input} }) => ${query(output, module, input, 6)},\n`,
  )
  return `  select: {\n${unreadComment(module, '    ')}${queries.join('')}  },\n`
}

function runBody(module: NotebookModule): string {
  const [{ variable: input }] = module.reads
  const lines = module.writes.map(
    (output) =>
      `    await outputs.${output.variable}.write(${query(output, module, `inputs.${input}`, 6)})\n`,
  )
  return `  async run({ inputs, outputs }) {\n${unreadComment(module, '    ')}${lines.join('')}  },\n`
}

function unreadComment({ reads }: NotebookModule, pad: string): string {
  const [, ...others] = reads
  if (others.length === 0) return ''
  return `${pad}// Not used yet: ${listed(variablesOf(others))}.\n`
}

/** The columns of an output out of the first input: by name, with a cast where the types differ. */
function query(
  output: ModuleTable,
  { reads: [first] }: NotebookModule,
  input: string,
  indent: number,
): string {
  const pad = ' '.repeat(indent)
  const wanted = output.from === undefined ? first.columns : output.columns
  const from = `FROM \${${input}} AS x`
  if (wanted === undefined || first.columns === undefined) return `sql\`\n${pad}SELECT * ${from}\``
  const given = new Map(first.columns.map((column) => [column.name, column]))
  const columns = wanted.map((column) => `${pad}  ${expression(column, given.get(column.name))}`)
  return `sql\`\n${pad}SELECT\n${columns.join(',\n')}\n${pad}${from}\``
}

function expression({ name, sql }: KnownColumn, given: KnownColumn | undefined): string {
  const type = sql === undefined ? undefined : inTemplate(plainType(sql))
  if (given === undefined)
    return `${type === undefined ? 'NULL' : `CAST(NULL AS ${type})`} AS ${columnName(name)}`
  const same = type === undefined || given.sql === undefined || plainType(given.sql) === plainType(sql ?? '')
  return same ? columnOf('x', name) : `CAST(${columnOf('x', name)} AS ${type}) AS ${columnName(name)}`
}

/** A type without what it says of NULL, as CAST takes it. */
function plainType(sql: string): string {
  return sql.replace(/ NULL\b/g, '')
}
