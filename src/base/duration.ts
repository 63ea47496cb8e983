const units: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}
const whole = /^(?:\d+(?:\.\d+)?(?:ms|[smhdw]))+$/
const part = /(\d+(?:\.\d+)?)(ms|[smhdw])/g

/** Milliseconds of a length of time such as `'30s'`, `'10m'`, `'1h30m'`, `'7d'`; undefined when it is none or not over 0. */
export function parseDuration(text: string): number | undefined {
  if (!whole.test(text)) return undefined
  let sum = 0
  for (const [, count, unit] of text.matchAll(part)) sum += Number(count) * (units[unit ?? ''] ?? 0)
  return sum > 0 && Number.isSafeInteger(Math.round(sum)) ? Math.round(sum) : undefined
}
