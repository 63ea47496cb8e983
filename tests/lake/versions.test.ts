import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findVersion } from '../../src/lake/find-version.ts'
import { openLake } from '../../src/lake/lake.ts'
import { parseTableRef, tableRefText } from '../../src/lake/table-ref.ts'
import type { TableRef } from '../../src/lake/table-ref.ts'
import { isVersionId, newVersionId, timeOfVersion, timePrefix } from '../../src/lake/version-id.ts'
import { memoryStorage } from '../../src/storage/memory.ts'
import { fresh, problemsFrom, publish, setting, watched } from './rig.ts'

describe('a version id', () => {
  const time = fc.integer({ min: 0, max: 2 ** 48 - 1 })

  test('sorts by time, tells its time and is a name that every file system keeps apart', () => {
    fc.assert(
      fc.property(time, time, (a, b) => {
        const [first, second] = [newVersionId(a), newVersionId(b)]
        expect(first).toMatch(/^[0-9a-hjkmnp-tv-z]{26}$/)
        expect(isVersionId(first)).toBe(true)
        expect(timeOfVersion(first).getTime()).toBe(a)
        if (a !== b) expect(first < second).toBe(a < b)
        expect(first >= timePrefix(a)).toBe(true)
      }),
    )
  })

  test('is a ULID: the example of its specification has the time that it says', () => {
    expect(timePrefix(1469922850259)).toBe('01arz3ndektsv4rrffq69g5fav'.slice(0, 10))
    expect(newVersionId(0, (count) => new Uint8Array(count).fill(255))).toBe(`0000000000${'z'.repeat(16)}`)
  })

  test('is unique without coordination', () => {
    const ids = Array.from({ length: 20_000 }, () => newVersionId(1))
    expect(new Set(ids).size).toBe(ids.length)
  })

  test.each([
    '',
    '01ARZ3NDEKTSV4RRFFQ69G5FAV',
    '01arz3ndektsv4rrffq69g5fa',
    'z1arz3ndektsv4rrffq69g5fav',
    '../x',
  ])('is not %j', (text) => expect(isVersionId(text)).toBe(false))
})

describe('a table ref', () => {
  const id = newVersionId()
  const good: [text: string, ref: TableRef][] = [
    ['silver.trips', { table: 'silver.trips' }],
    ['silver.trips@12', { table: 'silver.trips', at: { seq: 12 } }],
    [`trips@${id}`, { table: 'trips', at: { version: id } }],
    ["trips@'2026-01-01'", { table: 'trips', at: { time: new Date('2026-01-01T00:00:00Z') } }],
    ['trips@2026-01-01', { table: 'trips', at: { time: new Date('2026-01-01T00:00:00Z') } }],
    ["trips@'2026-01-01 10:30'", { table: 'trips', at: { time: new Date('2026-01-01T10:30:00Z') } }],
    [
      "trips@'2026-01-01T10:30:00.5+02:00'",
      { table: 'trips', at: { time: new Date('2026-01-01T08:30:00.5Z') } },
    ],
  ]
  test.each(good)('is read from %j', (text, ref) => expect(parseTableRef(text)).toEqual(ref))
  test.each(good)('is written so that it is read again: %j', (_, ref) => {
    expect(parseTableRef(tableRefText(ref))).toEqual(ref)
  })

  test.each([
    ['trips@', 'project/usage'],
    ['trips@0', 'project/usage'],
    ['trips@-1', 'project/usage'],
    ['trips@1.5', 'project/usage'],
    ['trips@1@2', 'project/usage'],
    ['trips@latest', 'project/usage'],
    ["trips@'2026-13-01'", 'project/usage'],
    ["trips@'2026-02-30'", 'project/usage'],
    ["trips@'2026-02-30T10:00:00Z'", 'project/usage'],
    ["trips@'2026-01-01T25:00'", 'project/usage'],
    ['@1', 'contract/name-invalid'],
    ['../x@1', 'contract/name-invalid'],
  ])('is not %j', (text, code) => expect(() => parseTableRef(text)).toThrow(`[${code}]`))
})

describe('finding a version', () => {
  /** Commit n is made on day n; `a` gets v1, v2, ..., is removed by commit 10 and comes back. */
  async function sample() {
    const { storage, reads } = watched(memoryStorage())
    let day = 0
    const env = (await openLake(storage, { now: () => Date.UTC(2026, 0, day) })).env('prod')
    for (day = 1; day <= 20; day++)
      await publish(env, setting(day === 10 ? { a: null } : { a: `v${day}`, b: 'same' }))
    await env.flush()
    return { env: await fresh(storage), reads }
  }

  const found: [text: string, version: string, commit: number][] = [
    ['a', 'v20', 20],
    ['a@1', 'v1', 1],
    ['a@9', 'v9', 9],
    ['a@10', 'v11', 11],
    ['a@19', 'v20', 20],
    ['b@1', 'same', 20],
    ["a@'2026-01-09'", 'v9', 9],
    ["a@'2026-01-09T23:59:59Z'", 'v9', 9],
    ["a@'2026-01-11'", 'v11', 11],
    ["a@'2099-01-01'", 'v20', 20],
    ["b@'2026-01-10'", 'same', 10],
  ]
  test.each(found)('%j gives %s', async (text, version, commit) => {
    const { env } = await sample()
    const { head, commit: at } = await findVersion(env, parseTableRef(text))
    expect([head.version, at]).toEqual([version, commit])
  })

  test.each([
    ['c', 'there is no such table'],
    ['c@1', 'there was never such a table'],
    ['a@20', 'its last version is 19'],
    ["a@'2026-01-10'", 'the table was not there at that time'],
    ["a@'2025-12-31'", 'the table was not there at that time'],
    [`a@${newVersionId()}`, 'no commit has it'],
  ])('%j is a version that there is not', async (text, why) => {
    const { env } = await sample()
    const [problem] = await problemsFrom(findVersion(env, parseTableRef(text)))
    expect(problem).toContain('storage/version-unknown: ')
    expect(problem).toContain(why)
  })

  test('by its id reads back to the commit that set it', async () => {
    const env = await fresh(memoryStorage())
    const ids = [1, 2, 3].map((ms) => newVersionId(ms))
    for (const id of ids) await publish(env, setting({ a: id }))
    const { head, commit } = await findVersion(env, { table: 'a', at: { version: ids[0] ?? '' } })
    expect([head.seq, commit]).toEqual([1, 1])
  })

  test('by number costs a few reads for each doubling of the log', async () => {
    const { env, reads } = await sample()
    reads.length = 0
    await findVersion(env, { table: 'a', at: { seq: 3 } })
    expect(reads.length).toBeLessThan(20)
  })
})
