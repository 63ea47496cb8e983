import { isObject } from '../base/form.ts'
import type { Json } from '../base/wire.ts'

/** One thing that changed, in words, with what it was and is. */
export interface Change {
  readonly what: string
  readonly before?: string
  readonly after?: string
}

/** The keys of two objects whose values differ, as texts. */
export function valueChanges(before: Json, now: Json): Change[] {
  if (!isObject(before) || !isObject(now)) return [change('args', text(before), text(now))]
  const texts = (record: { readonly [key: string]: Json }) =>
    Object.fromEntries(Object.entries(record).map(([key, value]) => [key, text(value)]))
  return difference(texts(before), texts(now)).map(({ key, was, is }) => change(key, was, is))
}

/** One change, from texts of before and after where there are such. */
export function change(what: string, before: string | undefined, after: string | undefined): Change {
  return { what, ...(before !== undefined && { before }), ...(after !== undefined && { after }) }
}

/** The keys whose texts differ, in order, with both texts. */
export function difference(
  before: { readonly [key: string]: string },
  now: { readonly [key: string]: string },
): { key: string; was?: string; is?: string }[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(now)])].toSorted()
  return keys.flatMap((key) => (before[key] === now[key] ? [] : [{ key, was: before[key], is: now[key] }]))
}

function text(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
