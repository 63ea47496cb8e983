import type { CsvDialect } from '../../contract/source.ts'
import type { FileFacts } from '../../engine/duckdb/file-relation.ts'
import { inComment, propertyName, quoted } from './code-text.ts'
import { columnText } from './column-text.ts'
import { parseSqlType } from '../../contract/sql-type.ts'

export interface TableModule {
  readonly name: string
  /** Variables of the module. */
  readonly table: string
  readonly source: string
  readonly pattern: string
  readonly key: readonly string[]
  readonly facts: FileFacts
}

/** The module of a table that takes raw files in as they are, and what to say of its columns. */
export function tableModule({ name, table, source, pattern, key, facts }: TableModule): {
  text: string
  notes: string[]
} {
  const columns = facts.columns.map((column) => {
    const type = { ...parseSqlType(column.type), nullable: column.hasNulls }
    return { name: column.name, ...columnText(column.name, type, 4, true) }
  })
  const lines = columns.map(
    ({ text, note }) => `${note === undefined ? '' : `    // ${inComment(note)}\n`}    ${text},\n`,
  )
  const options = key.length === 0 ? '' : `, {\n  key: [${key.map(quoted).join(', ')}],\n}`
  const text = `import { notebook, source, sql, t, table } from 'sluice'

export const ${source} = source.${facts.format}(${quoted(pattern)}, {
${dialectLines(facts.dialect)}  columns: {
${lines.join('')}  },
})

export const ${table} = table(${quoted(name)}, ${source}.columns${options})

export default notebook({
  description: ${quoted(`Takes ${pattern} in as it is.`)},
  inputs: { files: ${source} },
  outputs: { ${table} },
  select: {
    ${table}: ({ files }) => sql\`SELECT * FROM \${files} AS f\`,
  },
})
`
  return {
    text,
    notes: columns.flatMap((column) =>
      column.note === undefined ? [] : [`column '${column.name}': ${column.note}`],
    ),
  }
}

function dialectLines(dialect: CsvDialect): string {
  return Object.entries(dialect)
    .map(([name, value]) => `  ${propertyName(name)}: ${valueText(value)},\n`)
    .join('')
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(valueText).join(', ')}]`
  return typeof value === 'string' ? quoted(value) : String(value)
}
