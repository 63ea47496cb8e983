import { nameOfRule } from '../../contract/check-name.ts'
import { parseSqlType } from '../../contract/sql-type.ts'
import type { DeclaredCheck, DeclaredTable } from '../../contract/spec.ts'
import { quoted } from './code-text.ts'
import { columnText } from './column-text.ts'

/** A module that declares a table, and what of its contract could not be said in it. */
export function contractModule(table: DeclaredTable, variable: string): { text: string; notes: string[] } {
  const notes: string[] = []
  const columns = table.columns.map((column) => {
    const { text } = columnText(column.name, { ...parseSqlType(column.type), nullable: column.nullable }, 4)
    const calls = table.checks
      .filter((check) => columnOf(check) === column.name)
      .map((check) => columnCall(check, column.type, notes))
    const about = column.description === undefined ? '' : `.describe(${quoted(column.description)})`
    return `    ${text}${calls.join('')}${about},\n`
  })
  const broad = table.checks
    .filter((check) => columnOf(check) === undefined)
    .flatMap((check) => tableCall(check, notes) ?? [])
  const rejecting = table.checks.filter(
    ({ onFailure, kind }) => onFailure === 'reject' && kind !== 'reference',
  )
  if (rejecting.length > 0)
    notes.push(
      `these checks rejected rows and fail the step now: ${rejecting.map(({ name }) => `'${name}'`).join(', ')}; add onFailure: 'reject' to them, and rejects: '<table>' to the table, where it is meant`,
    )
  const options = [
    ...(table.key.length > 0 ? [`key: [${table.key.map(quoted).join(', ')}]`] : []),
    ...(table.partitionBy ? [`partitionBy: [${table.partitionBy.map(quoted).join(', ')}]`] : []),
    ...(broad.length > 0 ? [`checks: [${broad.join(', ')}]`] : []),
    ...(table.description === undefined ? [] : [`description: ${quoted(table.description)}`]),
    ...(table.owner === undefined ? [] : [`owner: ${quoted(table.owner)}`]),
    ...(table.tags && table.tags.length > 0 ? [`tags: [${table.tags.map(quoted).join(', ')}]`] : []),
  ]
  const names = broad.some((call) => call.startsWith('check.')) ? 'check, t, table' : 't, table'
  const end = options.length === 0 ? '' : `  {\n${options.map((line) => `    ${line},\n`).join('')}  },\n`
  const text = `import { ${names} } from 'sluice'

export const ${variable} = table(
  ${quoted(table.name)},
  {
${columns.join('')}  },
${end})
`
  return { text, notes }
}

/** References are left to a person: the other table's variable is not known. */
function columnOf(check: DeclaredCheck): string | undefined {
  if (check.kind === 'unique') return check.columns.length === 1 ? check.columns[0] : undefined
  return 'column' in check && check.kind !== 'fresh' ? check.column : undefined
}

function columnCall(check: DeclaredCheck, type: string, notes: string[]): string {
  const value = (text: string) => literal(type, text)
  const call = (name: string, ...values: readonly string[]) =>
    `.${name}(${[...values, ...optionsOf(check)].join(', ')})`
  switch (check.kind) {
    case 'row':
      return call('check', quoted(check.condition))
    case 'oneOf':
      return call('oneOf', `[${check.values.map(value).join(', ')}]`)
    case 'range':
      return call(
        check.word,
        ...[check.min, check.max].flatMap((bound) => (bound === undefined ? [] : [value(bound)])),
      )
    case 'matches':
      return call(
        'matches',
        check.flags === ''
          ? quoted(check.pattern)
          : `new RegExp(${quoted(check.pattern)}, ${quoted(check.flags)})`,
      )
    case 'unique':
      return call('unique')
    default:
      notes.push(
        `the check '${check.name}' was left out${check.kind === 'reference' ? `: add .references(<table>, ${quoted(check.to)}) for '${check.table}'` : ''}`,
      )
      return ''
  }
}

function tableCall(check: DeclaredCheck, notes: string[]): string | undefined {
  const call = (
    name: string,
    first: string | undefined,
    pairs: { readonly [key: string]: string | number | undefined } = {},
  ) => {
    const bounds = Object.entries(pairs).flatMap(([key, value]) =>
      value === undefined ? [] : [`${key}: ${typeof value === 'string' ? quoted(value) : value}`],
    )
    const [said] = optionsOf(check)
    const all = [...bounds, ...(said === undefined ? [] : [said.slice(2, -2)])]
    const values = [
      ...(first === undefined ? [] : [first]),
      ...(all.length > 0 ? [`{ ${all.join(', ')} }`] : []),
    ]
    return `check.${name}(${values.join(', ')})`
  }
  switch (check.kind) {
    case 'row':
      return optionsOf(check).length === 0 ? quoted(check.condition) : call('row', quoted(check.condition))
    case 'unique':
      return call('unique', `[${check.columns.map(quoted).join(', ')}]`)
    case 'rowCount':
      return call('rowCount', undefined, { min: check.min, max: check.max })
    case 'fresh':
      return call('fresh', quoted(check.column), { within: check.within })
    case 'value':
      return call('value', quoted(check.expression), { min: check.min, max: check.max })
    default:
      notes.push(`the check '${check.name}' was left out`)
      return undefined
  }
}

/** A value as code: what is not certainly a number or boolean of the type goes into quotes. */
function literal(type: string, text: string): string {
  const number = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text)
  if (type === 'BIGINT' && /^-?\d+$/.test(text)) return Number.isSafeInteger(Number(text)) ? text : `${text}n`
  if (/^(TINYINT|SMALLINT|INTEGER|BIGINT|FLOAT|DOUBLE)$/.test(type) && number) return text
  return type === 'BOOLEAN' && /^(true|false)$/.test(text) ? text : quoted(text)
}

/** `{ name: 'x', severity: 'warn' }` as far as it is not the usual. A rejects table is for a person to name. */
function optionsOf(check: DeclaredCheck): string[] {
  const safe = /^[A-Za-z_][A-Za-z0-9_-]*$/.test(check.name) && check.name !== nameOfRule(check)
  const said = [
    ...(safe ? [`name: ${quoted(check.name)}`] : []),
    ...(check.onFailure === 'warn' ? [`severity: 'warn'`] : []),
  ]
  return said.length === 0 ? [] : [`{ ${said.join(', ')} }`]
}
