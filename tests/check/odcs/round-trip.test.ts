import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv2019 } from 'ajv/dist/2019.js'
import formats from 'ajv-formats'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { diffContracts } from '../../../src/check/contract-diff.ts'
import { readLock } from '../../../src/check/lock-file.ts'
import { planLock } from '../../../src/check/lock.ts'
import { lockFileOf } from '../../../src/check/odcs/names.ts'
import type { DeclaredTable } from '../../../src/contract/spec.ts'
import { anyTable } from '../any-table.ts'

const schemaFile = fileURLToPath(new URL('../../schemas/odcs-3.1.0.schema.json', import.meta.url))
const ajv = new Ajv2019({ strict: false, allErrors: true })
formats.default(ajv)
const valid = ajv.compile(JSON.parse(readFileSync(schemaFile, 'utf8')) as object)

const written = (table: DeclaredTable) => planLock([], [table], []).writes[0]?.text ?? ''
const read = (name: string, text: string) => readLock([{ file: lockFileOf(name), text }])

describe('a contract as ODCS', () => {
  test('comes back as it was, whatever it says', () => {
    fc.assert(
      fc.property(anyTable, (table) => {
        const { contracts, problems } = read(table.name, written(table))
        expect(problems).toEqual([])
        const back = contracts[0]?.table
        expect(bare(back)).toEqual(bare(table))
        expect(diffContracts([table], back ? [back] : [])).toEqual([])
      }),
      { numRuns: 300 },
    )
  })

  test('is what the official schema of v3.1.0 asks for', () => {
    fc.assert(
      fc.property(anyTable, (table) => {
        const document = parse(written(table)) as unknown
        expect(valid(document) ? [] : valid.errors).toEqual([])
      }),
    )
  })

  test('says the same to those who read YAML 1.1', () => {
    const at = (value: unknown) => JSON.stringify(value)
    fc.assert(
      fc.property(anyTable, (table) => {
        const text = written({ ...table, description: '2020-01-01', tags: ['1:30', 'off', '0o7', '010'] })
        expect(at(parse(text, { version: '1.1' }))).toBe(at(parse(text)))
      }),
    )
  })

  test('holds conditions that other tools can run, also those that end in a comment', () => {
    const checks = [
      { kind: 'row', condition: 'a > 0 -- why', name: 'a', severity: 'error', onFailure: 'fail' },
    ] as const
    const columns = [{ name: 'a', type: 'INTEGER', nullable: false }]
    const table: DeclaredTable = { name: 'x.y', columns, key: [], checks }
    expect(written(table)).toContain('WHERE NOT (a > 0 -- why\n')
    expect(bare(read('x.y', written(table)).contracts[0]?.table)).toEqual(bare(table))
  })

  test('is written the same way each time, and nothing is to do when it is there', () => {
    fc.assert(
      fc.property(anyTable, (table) => {
        const text = written(table)
        expect(written(structuredClone(table))).toBe(text)
        expect(planLock(read(table.name, text).contracts, [table], [])).toEqual({ changes: [], writes: [] })
      }),
    )
  })

  test('keeps nothing of one contract when another takes its place', () => {
    fc.assert(
      fc.property(anyTable, anyTable, (one, other) => {
        const next = { ...other, name: one.name }
        const plan = planLock(read(one.name, written(one)).contracts, [next], [], 'because')
        const text = plan.writes[0]?.text ?? written(one)
        const { contracts, problems } = read(one.name, text)
        expect(problems).toEqual([])
        expect(bare(contracts[0]?.table)).toEqual(bare(next))
        expect(valid(parse(text)) ? [] : valid.errors).toEqual([])
      }),
    )
  })
})

/** Places are not kept, and the order of checks means nothing. */
function bare(table: DeclaredTable | undefined): unknown {
  if (!table) return undefined
  const { where: _, checks, ...rest } = table
  return {
    ...rest,
    checks: checks
      .map(({ where: __, named: ___, ...check }) => check)
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  }
}
