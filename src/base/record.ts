/**
 * An object to be filled by names of users. It inherits nothing: a name such as `constructor` is absent until it is
 * set, and `__proto__` is a name like any other.
 */
export function emptyRecord<V>(): Record<string, V> {
  return Object.create(null) as Record<string, V>
}
