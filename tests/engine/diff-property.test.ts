import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RowsDiff, Texts } from '../../src/engine/table-diff.ts'
import { openDiffRig, type DiffRig } from './diff-kit.ts'

let rig: DiffRig
beforeAll(async () => {
  rig = await openDiffRig()
})
afterAll(() => rig.close())

const names = ['id', 'part', 'v', 'w', 'l'] as const
type Row = { readonly [N in (typeof names)[number]]: string | null }

const text = fc.constantFrom(null, '', 'a', 'b', "it's")
const row: fc.Arbitrary<Row> = fc.record({
  id: fc.constantFrom(null, '1', '2', '3', '4', '5'),
  part: fc.constantFrom('1', '2'),
  v: text,
  w: fc.constantFrom(null, 'nan', '0.5', 'inf', '7.0'),
  l: fc.constantFrom(null, '[]', '[1]', '[1, NULL]'),
})
const versions = fc.record({
  before: fc.array(row, { maxLength: 12 }),
  after: fc.array(row, { maxLength: 12 }),
  both: fc.array(row, { maxLength: 8 }),
  key: fc.constantFrom<readonly (keyof Row)[]>(['id'], ['id', 'part'], ['part', 'v', 'id'], []),
})

const literal = (value: string | null) => (value === null ? 'NULL' : `'${value.replaceAll("'", "''")}'`)

/** The rows as a query with types. */
function queryOf(rows: readonly Row[]): string {
  const none = `(${names.map(() => 'NULL').join(', ')})`
  const values = rows.map((each) => `(${names.map((name) => literal(each[name])).join(', ')})`)
  const list = `(VALUES ${[none, ...values].join(', ')}) r(id, part, v, w, l)`
  const cast = 'id::INTEGER AS id, part::SMALLINT AS part, v::VARCHAR AS v, w::DOUBLE AS w, l::INTEGER[] AS l'
  // The row of NULLs says how many columns there are when there is no other; a `part` is never NULL.
  return `SELECT ${cast} FROM ${list} WHERE part IS NOT NULL`
}

const textOf = (each: Texts) => JSON.stringify(names.map((name) => each[name] ?? null))

/** `before` with a difference applied to it, whose examples are all that there is. */
function applied(before: readonly Row[], key: readonly string[], { examples }: RowsDiff): string[] {
  const rows = before.map((each): Texts => ({ ...each }))
  const takeOut = (fits: (each: Texts) => boolean): Texts => {
    const at = rows.findIndex(fits)
    const [out] = at < 0 ? [] : rows.splice(at, 1)
    if (!out) throw new Error('the difference takes away or changes a row that is not there')
    return out
  }
  const added = examples.added.flatMap(({ row: each, count }) => Array.from({ length: count }, () => each))
  for (const { row: gone, count } of examples.removed)
    for (let i = 0; i < count; i++) takeOut((each) => textOf(each) === textOf(gone))
  const changed = examples.changed.map(({ key: values, cells }) => {
    const old = takeOut((each) => key.every((name) => each[name] === values[name]))
    for (const cell of cells) expect(old[cell.column]).toBe(cell.before)
    return { ...old, ...Object.fromEntries(cells.map((cell) => [cell.column, cell.after])) }
  })
  return [...rows, ...added, ...changed].map(textOf).toSorted()
}

const keyOf = (each: Row, key: readonly (keyof Row)[]) => JSON.stringify(key.map((name) => each[name]))

/** The counts, worked out without the engine. */
function counted(before: readonly Row[], after: readonly Row[], key: readonly (keyof Row)[]) {
  const group = (rows: readonly Row[]) => {
    const groups = new Map<string, Row[]>()
    for (const each of rows) {
      const name = keyOf(each, key.length > 0 ? key : names)
      groups.set(name, [...(groups.get(name) ?? []), each])
    }
    return groups
  }
  const [one, two] = [group(before), group(after)]
  const counts = { added: 0, removed: 0, changed: 0, same: 0 }
  for (const each of new Set([...one.keys(), ...two.keys()])) {
    const [a, b] = [(one.get(each) ?? []).map(textOf), (two.get(each) ?? []).map(textOf)]
    if (key.length > 0 && a.length === 1 && b.length === 1) {
      counts[a[0] === b[0] ? 'same' : 'changed']++
      continue
    }
    for (const value of new Set([...a, ...b])) {
      const [n, m] = [a, b].map((list) => list.filter((other) => other === value).length) as [number, number]
      counts.same += Math.min(n, m)
      counts.added += Math.max(0, m - n)
      counts.removed += Math.max(0, n - m)
    }
  }
  return counts
}

test('a difference applied to the version before gives the version after, and its counts are right', async () => {
  await fc.assert(
    fc.asyncProperty(versions, async ({ before, after, both, key }) => {
      const [old, young] = [
        [...before, ...both],
        [...both, ...after],
      ]
      const rows = await rig.diff({ before: queryOf(old), after: queryOf(young), key, examples: 1000 })
      expect(applied(old, key, rows)).toEqual(young.map(textOf).toSorted())
      const { added, removed, changed, same } = rows
      expect({ added, removed, changed, same }).toEqual(counted(old, young, key))
      expect(rows.columns.reduce((sum, each) => sum + each.changed, 0)).toBe(
        rows.examples.changed.reduce((sum, { cells }) => sum + cells.length, 0),
      )
    }),
    { numRuns: 60 },
  )
})
