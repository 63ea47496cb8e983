import type { Arbitrary } from 'fast-check'

/** One kind of input: how it is made, and what reads it. */
export interface Kind {
  /** How many cases of 50,000. */
  readonly share: number
  readonly cases: Arbitrary<unknown>
  readonly read: (input: never) => unknown
  readonly close?: () => Promise<void>
}

export interface Kinds {
  readonly [name: string]: Kind
}

export function kind<T>(
  share: number,
  cases: Arbitrary<T>,
  read: (input: T) => unknown,
  close?: () => Promise<void>,
): Kind {
  return { share, cases, read, ...(close && { close }) }
}
