import fc from 'fast-check'
import { kind, type Kinds } from './kind.ts'
import { trustingReader } from './run-records.ts'

/** Readers that are wrong on purpose: each must be found out. */
export const wrong: Kinds = {
  'wrong: throws': kind(0, fc.string(), (text) => (text as never as { a: { b: string } }).a.b),
  'wrong: rejects later': kind(0, fc.string(), () => void Promise.reject(new Error('later'))),
  'wrong: adds to a prototype': kind(0, fc.nat(), () => Object.assign(Object.prototype, { polluted: true })),
  // Some cases do it: each is found among its neighbours.
  'wrong: replaces a method once': kind(0, fc.nat(9), (n) => {
    // eslint-disable-next-line no-extend-native -- what is looked for
    if (n === 7) Array.prototype.flat = () => []
  }),
  'wrong: loops': kind(0, fc.nat(), (n) => {
    for (let at = n; at >= n; at += 0);
  }),
  'wrong: never ends': kind(0, fc.nat(), () => new Promise(() => undefined)),
  ...trustingReader,
}
