import type { DeclaredCheck, DeclaredColumn } from '../contract/spec.ts'

/** What simple checks say of the values of a column, as texts of SQL literals. */
export interface Bounds {
  readonly min?: Bound
  readonly max?: Bound
  readonly values?: readonly string[]
}

interface Bound {
  readonly text: string
  readonly open: boolean
}

const literal = `(-?\\d+(?:\\.\\d+)?|'(?:[^']|'')*')`
const compared = new RegExp(
  `^\\s*(?:"([^"]+)"|(\\w+))\\s*(>=|<=|>|<|=)\\s*(?:DATE|TIMESTAMP)?\\s*${literal}\\s*$`,
  'i',
)
const between = new RegExp(
  `^\\s*(?:"([^"]+)"|(\\w+))\\s+BETWEEN\\s+${literal}\\s+AND\\s+${literal}\\s*$`,
  'i',
)
const listed = new RegExp(
  `^\\s*(?:"([^"]+)"|(\\w+))\\s+IN\\s*\\(\\s*(${literal}(?:\\s*,\\s*${literal})*)\\s*\\)\\s*$`,
  'i',
)

/** What a check says of one column, when it is simple enough to generate values from it. */
export function boundsOf(
  check: DeclaredCheck,
  columns: readonly DeclaredColumn[],
): [string, Bounds] | undefined {
  if (check.kind === 'oneOf') return [check.column, { values: check.values }]
  if (check.kind === 'range')
    return [check.column, { ...closed('min', check.min), ...closed('max', check.max) }]
  if (check.kind !== 'row') return undefined
  const found = ofCondition(check.condition)
  const column = columns.find(({ name }) => name.toLowerCase() === found?.[0].toLowerCase())
  return found && column && [column.name, found[1]]
}

function closed(key: 'min' | 'max', text: string | undefined): Bounds {
  return text === undefined ? {} : { [key]: { text, open: false } }
}

function ofCondition(condition: string): [string, Bounds] | undefined {
  const [, quoted, name, operator = '', value = ''] = compared.exec(condition) ?? []
  const text = unquoted(value)
  if (value !== '') {
    const bound = { text, open: operator.length === 1 }
    const bounds =
      operator === '=' ? { values: [text] } : operator.startsWith('>') ? { min: bound } : { max: bound }
    return [quoted ?? name ?? '', bounds]
  }
  const range = between.exec(condition)
  if (range)
    return [
      range[1] ?? range[2] ?? '',
      { ...closed('min', unquoted(range[3] ?? '')), ...closed('max', unquoted(range[4] ?? '')) },
    ]
  const list = listed.exec(condition)
  if (!list) return undefined
  const values = [...(list[3] ?? '').matchAll(new RegExp(literal, 'g'))].map(([each]) => unquoted(each))
  return [list[1] ?? list[2] ?? '', { values }]
}

function unquoted(text: string): string {
  return text.startsWith("'") ? text.slice(1, -1).replaceAll("''", "'") : text
}

/** What two checks say together. Bounds are compared where they are used: the later one counts. */
export function together(one: Bounds, other: Bounds): Bounds {
  return { ...one, ...other }
}
