import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const script = fileURLToPath(new URL('../../scripts/layers.mjs', import.meta.url))
const rows =
  'base contract storage notebook lake engine flow freshness check run report serve studio cli'.split(' ')

const folders: string[] = []
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

describe('scripts/layers.mjs', () => {
  test('fails on an empty folder, because nothing was checked', () => {
    const { status, text } = layers({})
    expect(text).toContain('0 modules seen under src')
    expect(status).toBe(1)
  })

  test('fails when src holds too few modules', () => {
    const { status, text } = layers({
      'src/base/a.ts': `import './b.ts'`,
      'src/base/b.ts': 'export const b = 1',
    })
    expect(text).toContain('2 modules seen under src')
    expect(status).toBe(1)
  })

  test('is content with rows that import the rows above, and prints how many modules it saw', () => {
    const { status, text } = layers(house())
    expect(text).toContain('layers: 29 modules, all in their rows.')
    expect(status).toBe(0)
  })

  test('tells of each row that imports the row below it, if only a type, and where the code belongs', () => {
    const lower = rows.slice(1).map((row, index) => {
      const above = rows[index]!
      return [`src/${above}/low.ts`, `import type { A } from '../${row}/a.ts'\nexport type Low = A`] as const
    })
    const { status, text } = layers({ ...house(), ...Object.fromEntries(lower) })
    for (const [index, row] of rows.slice(0, -1).entries()) {
      expect(text).toContain(`house-${row}: src/${row}/low.ts -> src/${rows[index + 1]!}/a.ts`)
    }
    expect(text).toContain('Bytes under paths. What gives paths a meaning (tables, commits) belongs in lake.')
    expect(status).toBe(1)
  })

  describe('on a source with one mistake of each other kind', () => {
    const mistakes: Record<string, string> = {
      'src/flow/x.ts': `import type { Y } from './y.ts'\nexport type X = Y[]`,
      'src/flow/y.ts': `import type { X } from './x.ts'\nexport type Y = X | 1`,
      'src/lake/alone.ts': 'export const alone = 1',
      'src/cli/all.ts': `export * from '../index.ts'`,
      'src/utils/x.ts': `export * from '../base/a.ts'`,
      'src/run/pool.ts': `export * from './worker-main.ts'`,
      'src/run/worker-main.ts': `export * from './a.ts'`,
      'src/run/db.ts': `export type { DuckDBConnection } from '@duckdb/node-api'`,
      'src/engine/db.ts': `export type { DuckDBConnection } from '@duckdb/node-api'`,
      'src/cli/rename.ts': `export const morph = () => import('ts-morph')`,
      'src/cli/scaffold/new-table.ts': `export const morph = () => import('ts-morph')`,
      'src/base/t.ts': `export * from '../../tests/rig.ts'`,
      'tests/rig.ts': 'export const rig = 1',
    }
    let text = ''
    beforeAll(() => {
      text = layers({ ...house(), ...mistakes }).text
    })

    test.each([
      'no-circle: src/flow/x.ts -> src/flow/y.ts -> src/flow/x.ts',
      'no-orphan: src/lake/alone.ts',
      'house-cli: src/cli/all.ts -> src/index.ts',
      'house-new-folder: src/utils/x.ts -> src/base/a.ts',
      'process-is-spawned: src/run/pool.ts -> src/run/worker-main.ts',
      'duckdb-in-engine: src/run/db.ts -> @duckdb/node-api',
      'ts-morph-in-scaffolds: src/cli/rename.ts -> ts-morph',
      'src-stands-alone: src/base/t.ts -> tests/rig.ts',
    ])('tells of %s', (line) => {
      expect(text).toContain(line)
    })

    test.each([
      ['duckdb-in-engine', 'src/engine/db.ts'],
      ['ts-morph-in-scaffolds', 'src/cli/scaffold/new-table.ts'],
      ['no-orphan', 'src/index.ts'],
    ])('%s lets %s be', (rule, path) => {
      expect(text).not.toContain(`${rule}: ${path}`)
    })
  })
})

/** Two modules in each row, that import each other downwards and the row above, and the public entry. */
function house(): Record<string, string> {
  const files: Record<string, string> = { 'src/index.ts': `export * from './cli/b.ts'` }
  for (const [index, row] of rows.entries()) {
    const above = index === 0 ? '' : `export * from '../${rows[index - 1]!}/b.ts'\n`
    files[`src/${row}/a.ts`] = `${above}export type A = '${row}'`
    files[`src/${row}/b.ts`] = `export * from './a.ts'`
  }
  return files
}

function layers(files: Record<string, string>): { status: number | null; text: string } {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-layers-'))
  folders.push(folder)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, folder], { encoding: 'utf8' })
  return { status, text: stdout + stderr }
}
