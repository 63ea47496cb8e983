import { flow } from '../../../src/index.ts'
import { clean, plain, raw, tuned } from './shared.ts'

/** Each chain has one mistake about args. */

export const missing = flow('x')
  .source(raw)
  // @ts-expect-error step 'clean': arg 'max' is missing
  .step(clean)

export const missingBesideOptions = flow('x')
  .source(raw)
  // @ts-expect-error step 'c2': arg 'max' is missing
  .step(clean, { name: 'c2' })

export const wrongType = flow('x')
  .source(raw)
  // @ts-expect-error step 'clean': arg 'max' is string but number is expected
  .step(clean, { args: { max: 'a' } })

export const unknown = flow('x')
  .source(raw)
  // @ts-expect-error step 'clean': there is no arg 'maxx'
  .step(clean, { args: { max: 1, maxx: 2 } })

// @ts-expect-error step 'tuned': arg 'mode' cannot be 'slow'
export const otherValue = flow('x').step(tuned, { args: { mode: 'slow' } })

// @ts-expect-error step 'tuned': arg 'zones' is number but list is expected
export const noList = flow('x').step(tuned, { args: { zones: 5 } })

// @ts-expect-error step 'tuned': arg 'zones' is another list than is expected
export const otherList = flow('x').step(tuned, { args: { zones: ['1'] } })

// @ts-expect-error step 'plain': there is no arg 'max'
export const takesNone = flow('x').step(plain, { args: { max: 5 } })
