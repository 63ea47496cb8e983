/** Whether a value that somebody else may have written is what it should be. */
export type Form = (value: unknown) => boolean

export const isText: Form = (value) => typeof value === 'string'
export const isFlag: Form = (value) => typeof value === 'boolean'
/** JSON reads `1e999` as infinity, which is no number of anything. */
export const isNumber: Form = (value) => Number.isFinite(value)
/** A whole number from 0 on. */
export const isCount: Form = (value) => Number.isSafeInteger(value) && Number(value) >= 0
/** A text that a Date reads. */
export const isTime: Form = (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value))

/** One of some words. */
export function isOneOf<W extends string>(...words: readonly W[]): (value: unknown) => value is W {
  return (value): value is W => words.some((word) => word === value)
}

/** Left out, or of the form. */
export function maybe(form: Form): Form {
  return (value) => value === undefined || form(value)
}

/** A list whose items are all of the form. */
export function listOf(form: Form): Form {
  return (value) => Array.isArray(value) && value.every(form)
}

/** An object whose values are all of the form, whatever their names. */
export function valuesOf(form: Form): Form {
  return (value) => isObject(value) && Object.values(value).every(form)
}

/** An object with these parts; it may have more. Each part of `T` must be named. */
export function objectOf<T>(parts: { readonly [K in keyof T]-?: Form }): (value: unknown) => value is T {
  const forms = Object.entries<Form>(parts)
  return (value): value is T => isObject(value) && forms.every(([name, form]) => form(value[name]))
}

/** Whether no list or object of a value stands deeper than so many others: what walks it needs no more stack. */
export function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  return levels > 0 && Object.values(value).every((item) => isShallow(item, levels - 1))
}

/** An object whose properties are not known yet. */
export type Shape = { readonly [key: string]: unknown }

/** Whether a value is an object: not null, not a list. */
export function isObject(value: unknown): value is Shape {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
