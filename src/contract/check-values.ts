/** A value of a check as the text that SQL casts to the type of its column. */
export function valueText(type: string, value: unknown): string {
  if (!(value instanceof Date)) return String(value)
  if (Number.isNaN(value.getTime())) return 'Invalid Date'
  const iso = value.toISOString()
  if (type === 'DATE') return iso.slice(0, 10)
  return type.endsWith('WITH TIME ZONE') ? iso : iso.replace('T', ' ').replace('Z', '')
}

const numeric = /^(?:TINYINT|SMALLINT|INTEGER|BIGINT|FLOAT|DOUBLE|DECIMAL\b.*)$/
const number = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/
const day = /^\d{4,6}-\d{2}-\d{2}/

/** Why a text cannot be a value of a type, where that is certain; the engine says the rest. */
export function valueFault(type: string, text: string): string | undefined {
  if (numeric.test(type)) return number.test(text) ? undefined : 'is no number'
  if (type === 'BOOLEAN') return /^(?:true|false)$/i.test(text) ? undefined : 'is neither true nor false'
  if (type === 'DATE' || type.startsWith('TIMESTAMP'))
    return day.test(text) && !Number.isNaN(Date.parse(text.slice(0, 10))) ? undefined : 'is no date'
  return undefined
}

/** Whether the first of two values of a type is certainly more than the second. */
export function isMore(type: string, one: string, other: string): boolean {
  return numeric.test(type) ? Number(one) > Number(other) : type !== 'BOOLEAN' && one > other
}

/** Types with an order and with values that a text can stand for. */
export function takesValues(type: string): boolean {
  return !/^(?:STRUCT\b.*|BLOB|JSON)$/s.test(type) && !type.endsWith('[]')
}
