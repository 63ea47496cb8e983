const integers = ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT']
/** Digits that every value of an integer type needs. */
const digits: { readonly [type: string]: number | undefined } = {
  TINYINT: 3,
  SMALLINT: 5,
  INTEGER: 10,
  BIGINT: 19,
}
/** Integers that a floating type holds exactly. */
const exactIn: { readonly [type: string]: readonly string[] | undefined } = {
  FLOAT: ['TINYINT', 'SMALLINT'],
  DOUBLE: ['TINYINT', 'SMALLINT', 'INTEGER', 'FLOAT'],
  VARCHAR: ['JSON', 'UUID'],
}

/** Whether every value of one SQL type is a value of the other, as it is. */
export function isWidening(before: string, after: string): boolean {
  if (before === after) return true
  if (before.endsWith('[]') && after.endsWith('[]'))
    return isWidening(before.slice(0, -2), after.slice(0, -2))
  if (integers.includes(before) && integers.includes(after))
    return integers.indexOf(before) < integers.indexOf(after)
  const [from, to] = [decimalOf(before), decimalOf(after)]
  if (to) {
    const whole = from ? from.precision - from.scale : digits[before]
    return whole !== undefined && to.precision - to.scale >= whole && to.scale >= (from?.scale ?? 0)
  }
  return exactIn[after]?.includes(before) ?? false
}

function decimalOf(type: string): { precision: number; scale: number } | undefined {
  const match = /^DECIMAL\((\d+),\s*(\d+)\)$/.exec(type)
  return match ? { precision: Number(match[1]), scale: Number(match[2]) } : undefined
}
