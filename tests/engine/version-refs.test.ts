import { expect, test } from 'vitest'
import { versionRefs, withRelations } from '../../src/engine/duckdb/version-refs.ts'

/** Queries, and the refs in them as `name at`. */
const queries: readonly [string, readonly string[]][] = [
  ['SELECT * FROM silver.trips@12', ['silver.trips 12']],
  ["SELECT * FROM silver.trips@'2026-01-01' t", ["silver.trips '2026-01-01'"]],
  ['SELECT * FROM silver.trips@2026-01-01', ['silver.trips 2026-01-01']],
  ['FROM silver.trips@2026-01-01T12:00:00Z', ['silver.trips 2026-01-01T12:00:00Z']],
  ['FROM trips@01kg9wnxt0h2m4p6r8s0t2v4w6', ['trips 01kg9wnxt0h2m4p6r8s0t2v4w6']],
  ['SELECT * FROM "silver"."trips"@3 AS t', ['silver.trips 3']],
  ['FROM "a ""b"".c"@3', ['a "b".c 3']],
  ['SELECT * FROM a.b@1 x JOIN a.b@2 y USING (id), (FROM c@3)', ['a.b 1', 'a.b 2', 'c 3']],
  ['WITH w AS (SELECT * FROM a.b@1) SELECT * FROM w', ['a.b 1']],
  ["SELECT 'silver.trips@12' FROM t -- a@1\n/* b@2 */", []],
  ['SELECT $$a@1$$, "a@1" FROM t', []],
  ['SELECT [1, 2]@>[1], a@>b, a @ 3, @ 5', []],
  ['FROM a.b @3', []],
  ['FROM a.b@', []],
  ['FROM a.b@"3"', []],
]
test.each(queries)('%s', (text, refs) => {
  expect(versionRefs(text).map(({ name, at }) => `${name.join('.')} ${at}`)).toEqual(refs)
})

test('whether a ref stands where a table stands', () => {
  expect(versionRefs('SELECT@5, x@5 FROM a@1 JOIN b@2').map(({ isTable }) => isTable)).toEqual([
    false,
    true,
    true,
    true,
  ])
})

test('a query is written with relations, and places lead back', () => {
  const text = "SELECT é, nope FROM silver.trips@'2026-01-31' t, u@1"
  const [one, two] = versionRefs(text)
  if (!one || !two) throw new Error('no refs')
  const { text: written, indexAt } = withRelations(text, [
    { ref: one, relation: ['silver', 'trips@4'] },
    { ref: two, relation: ['u@1'] },
  ])
  expect(written).toBe('SELECT é, nope FROM "silver"."trips@4" t, "u@1"')
  expect(indexAt(Buffer.byteLength('SELECT é, '))).toBe(text.indexOf('nope'))
  expect(indexAt(Buffer.byteLength('SELECT é, nope FROM "silver"."trips@4" '))).toBe(text.indexOf(' t,') + 1)
})
