/** What everything inherits from: nothing that is read may change it. */
const shared: readonly object[] = [
  Object,
  Array,
  Function,
  String,
  Number,
  Boolean,
  Promise,
  Map,
  Set,
  Date,
  RegExp,
  Error,
  Uint8Array,
].flatMap((each) => [each, each.prototype as object])

const known = shared.map((each) => ({ each, was: Object.getOwnPropertyDescriptors(each) }))

/** The properties that were added, replaced or taken away since this was loaded. All are put back. */
export function mendedPrototypes(): PropertyKey[] {
  return known.flatMap(({ each, was }) => {
    const now = Object.getOwnPropertyDescriptors(each)
    const keys = new Set([...Reflect.ownKeys(was), ...Reflect.ownKeys(now)])
    const changed = [...keys].filter((key) => !isSame(ownOf(was, key), ownOf(now, key)))
    for (const key of changed) {
      Reflect.deleteProperty(each, key)
      const before = ownOf(was, key)
      if (before) Object.defineProperty(each, key, before)
    }
    return changed
  })
}

/** Not by `[key]`: one of the keys is `__proto__`. */
function ownOf(of: object, key: PropertyKey): PropertyDescriptor | undefined {
  return Object.getOwnPropertyDescriptor(of, key)?.value as PropertyDescriptor | undefined
}

function isSame(a: PropertyDescriptor | undefined, b: PropertyDescriptor | undefined): boolean {
  return (
    Object.is(a?.value, b?.value) &&
    Reflect.get(a ?? {}, 'get') === Reflect.get(b ?? {}, 'get') &&
    Reflect.get(a ?? {}, 'set') === Reflect.get(b ?? {}, 'set') &&
    (a === undefined) === (b === undefined)
  )
}
