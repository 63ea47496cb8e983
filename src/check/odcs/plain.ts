/** Values of YAML. */
export type Plain = string | number | boolean | null | readonly Plain[] | PlainMap
export interface PlainMap {
  readonly [key: string]: Plain
}

/** Names of custom properties that are ours begin so; it is also what rules call our engine. */
export const ours = 'sluice'

/** Custom properties in the form of the standard; what is undefined is left out. */
export function custom(values: { readonly [property: string]: Plain | undefined }): PlainMap {
  const list = Object.entries(values).flatMap(([property, value]) =>
    value === undefined ? [] : [{ property, value }],
  )
  return some('customProperties', list)
}

/** A key with a list, or nothing when the list is empty. */
export function some(key: string, items: readonly Plain[]): PlainMap {
  return items.length > 0 ? { [key]: items } : {}
}
