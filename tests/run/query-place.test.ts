import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withQueryPlace } from '../../src/run/query-place.ts'

/** A notebook with queries of several lines, of which two are alike. */
const source = `import { notebook, sql } from 'sluice'
const a = ({ raw }, { least }) => sql\`
  SELECT id, nope
  FROM \${raw} AS r
  WHERE amount >= \${least ?? 1} AND wrong > 2 AND "ü" = 1
  LIMIT 5\`
const b = sql\`SELECT 1 + x\`
const c = sql\`
  LIMIT 5\`
`

let root: string
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'sluice-place-'))
  await writeFile(path.join(root, 'a.ts'), source)
})
afterAll(() => rm(root, { recursive: true, force: true }))

const text = `
  SELECT id, nope
  FROM "@raw" AS r
  WHERE amount >= $1 AND wrong > 2 AND "ü" = 1
  LIMIT 5`

function told(query: string, at: string, more = {}, file = 'a.ts') {
  const offset = query.indexOf(at)
  const problem = { code: 'query/bind', message: 'm', ...more } as const
  return withQueryPlace({ ...problem, query: { handle: 'h', text: query, offset } } as never, file, root)
}

describe('a fault of a query', () => {
  it.each([
    [text, 'nope', { line: 3, column: 14 }],
    [text, '"@raw"', { line: 4, column: 8 }],
    [text, 'AS r', { line: 4, column: 15 }],
    [text, 'wrong', { line: 5, column: 37 }],
    [text, '"ü"', { line: 5, column: 51 }],
    ['SELECT 1 + x', 'x', { line: 7, column: 26 }],
  ])('is told at its place in the notebook: %# %s', (query, at, place) => {
    expect(told(query, at)).toEqual({ code: 'query/bind', message: 'm', where: { file: 'a.ts', ...place } })
  })

  it.each([
    [text, 'LIMIT', 'a.ts', 'line 5 of the query: LIMIT 5'],
    ['SELECT 2\n  FROM (pieces', 'pieces', 'a.ts', 'line 2 of the query: FROM (pieces'],
    ['SELECT 1 + x', 'x', 'gone.ts', 'line 1 of the query: SELECT 1 + x'],
  ])('is shown with its line where that has no one place: %# %s', (query, at, file, message) => {
    expect(told(query, at, {}, file)).toEqual({ code: 'query/bind', message: 'm', related: [{ message }] })
  })

  it('keeps the place that it has', () => {
    const where = { file: 'b.ts', line: 1 }
    expect(told(text, 'nope', { where })).toEqual({ code: 'query/bind', message: 'm', where })
  })
})

it('leaves another fault alone', () => {
  const problem = { code: 'step/threw', message: 'm' } as const
  expect(withQueryPlace(problem, 'a.ts', root)).toEqual(problem)
})
