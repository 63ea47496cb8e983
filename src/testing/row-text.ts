import type { LooseRow } from './fill.ts'

/** A row as TypeScript, without the columns that are NULL. */
export function rowText(row: LooseRow): string {
  const cells = Object.entries(row).filter(([, value]) => value !== null && value !== undefined)
  if (cells.length === 0) return '{}'
  return `{ ${cells.map(([name, value]) => `${keyText(name)}: ${valueText(value)}`).join(', ')} }`
}

/** A name of a property, in quotes where it must be. */
export function keyText(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : textOf(name)
}

/** A value as TypeScript writes it. */
export function valueText(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'string') return textOf(value)
  if (value instanceof Date) {
    const iso = value.toISOString()
    return `new Date('${iso.endsWith('T00:00:00.000Z') ? iso.slice(0, 10) : iso}')`
  }
  if (value instanceof Uint8Array) return `new Uint8Array([${[...value].join(', ')}])`
  if (Array.isArray(value)) return `[${value.map(valueText).join(', ')}]`
  if (typeof value !== 'object')
    return Object.is(value, -0) ? '-0' : `${value as number | boolean}`.replace('e+', 'e')
  const fields = Object.entries(value).map(([name, item]) => `${keyText(name)}: ${valueText(item)}`)
  return `{ ${fields.join(', ')} }`
}

/** In single quotes, as the rest of a test, unless double ones save escapes; JSON's escapes are TypeScript's too. */
function textOf(text: string): string {
  const json = JSON.stringify(text)
  if (text.split("'").length > text.split('"').length) return json
  return `'${json.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}
