const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

/** A number with commas between thousands: `1,234,567`. */
export function countText(count: number | bigint): string {
  // Not `toLocaleString`: loading locale data takes longer than a run with nothing to do.
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** A number with what it counts: `1 row`, `1,234 rows`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`
}

/** Bytes in decimal units (IEC 80000-13): `999 B`, `1.2 MB`, `35 GB`. */
export function bytesText(bytes: number): string {
  let amount = bytes
  let unit = 0
  while (Math.round(amount) >= 1000 && unit < units.length - 1) {
    amount /= 1000
    unit++
  }
  const digits = unit > 0 && amount < 9.95 ? 1 : 0
  return `${amount.toFixed(digits)} ${units[unit] ?? ''}`
}

/** Problems and warnings, counted apart: `2 problems, 1 warning`. */
export function problemCount(problems: readonly { readonly severity?: 'warn' }[]): string {
  const warnings = problems.filter(({ severity }) => severity === 'warn').length
  const errors = problems.length - warnings
  return [
    ...(errors > 0 || warnings === 0 ? [plural(errors, 'problem')] : []),
    ...(warnings > 0 ? [plural(warnings, 'warning')] : []),
  ].join(', ')
}
