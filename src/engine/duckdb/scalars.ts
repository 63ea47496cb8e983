/** Milliseconds of a day. */
export const dayMs = 86_400_000

const decimal = /^([+-]?)(\d*)(?:\.(\d*))?$/

/**
 * Reads decimals: the digits as a whole number, scaled by 10^scale; undefined when the text is no decimal or
 * has more digits than the type. Zeros at the end are no digits.
 */
export function decimalParser(width: number, scale: number): (text: string) => bigint | undefined {
  const limit = 10n ** BigInt(width)
  return (text) => {
    const match = decimal.exec(text)
    const [, sign, before = '', after = ''] = match ?? []
    if (!match || before + after === '') return undefined
    const fraction = after.length > scale ? after.replace(/0+$/, '') : after
    if (fraction.length > scale) return undefined
    const digits = BigInt(before + fraction.padEnd(scale, '0'))
    if (digits >= limit) return undefined
    return sign === '-' ? -digits : digits
  }
}

const time = /^(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?$/

/** Microseconds since midnight of `HH:MM:SS.ffffff`, or undefined. */
export function parseTime(text: string): bigint | undefined {
  const match = time.exec(text)
  if (!match) return undefined
  const [hours, minutes, seconds] = match.slice(1, 4).map(Number) as [number, number, number]
  if (hours > 23 || minutes > 59 || seconds > 59) return undefined
  const micros = Number((match[4] ?? '').padEnd(6, '0'))
  return BigInt(((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + micros)
}

/** A scaled whole number as a decimal with all digits of the scale. */
export function decimalText(scaled: bigint, scale: number): string {
  if (scale === 0) return String(scaled)
  const digits = String(scaled < 0n ? -scaled : scaled).padStart(scale + 1, '0')
  const point = digits.length - scale
  return `${scaled < 0n ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`
}
