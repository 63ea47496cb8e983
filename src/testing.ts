/** The test kit: rows given to a notebook, rows expected of it, in milliseconds and without a storage. */
export { given } from './testing/given.ts'
export { arbitrary, forAll } from './testing/for-all.ts'
export { rows } from './testing/fixture.ts'

export type { Given } from './testing/given.ts'
export type { Fixture } from './testing/fixture.ts'
export type { LogLine } from './testing/compute.ts'
export type { ExpectOptions, GivenOptions, PropertyOptions } from './testing/types.ts'
