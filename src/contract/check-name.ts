import { sha256 } from '../base/digest.ts'
import type { CheckRule } from './check-form.ts'

/** Operators as words, longest first. */
const words: readonly (readonly [RegExp, string])[] = [
  [/<>|!=/g, ' ne '],
  [/>=/g, ' ge '],
  [/<=/g, ' le '],
  [/>/g, ' gt '],
  [/</g, ' lt '],
  [/==?/g, ' eq '],
  [/%/g, ' mod '],
  [/-(?=\d)/g, ' minus '],
]

const longest = 60

/**
 * The name of a check that was given none, from what it asks: `fare >= 0` is `fare_ge_0`. The same check has
 * the same name, wherever it stands.
 */
export function nameOfRule(rule: CheckRule): string {
  switch (rule.kind) {
    case 'row':
      return slug(rule.condition)
    case 'oneOf':
      return slug(`${rule.column} one of`)
    case 'range':
      return slug(`${rule.column} ${rule.word}`)
    case 'matches':
      return slug(`${rule.column} matches`)
    case 'reference':
      return slug(`${rule.column} references ${rule.table}`)
    case 'unique':
      return slug(`${rule.columns.join(' ')} unique`)
    case 'rowCount':
      return 'row_count'
    case 'fresh':
      return slug(`${rule.column} fresh`)
    case 'query':
      return slug(rule.query.text)
    case 'value':
      return slug(rule.expression)
  }
}

/** A text as one word; a digest stands for what does not fit. */
export function slug(text: string): string {
  const spelled = words.reduce((done, [sign, word]) => done.replace(sign, word), text)
  const joined = spelled
    .replace(/[^A-Za-z0-9_]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .toLowerCase()
  const name = /^[a-z_]/.test(joined) ? joined : `check_${joined}`
  // Letters that are left out could make two texts one name.
  const lost = /[^\u0020-\u007e\s]/.test(text) || joined === ''
  if (name.length <= longest && !lost) return name
  return `${name.slice(0, longest - 9).replace(/_+$/, '')}_${sha256(text).slice(0, 8)}`
}
