import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { micromark } from 'micromark'
import { gfm, gfmHtml } from 'micromark-extension-gfm'
import { expect, test } from 'vitest'
import type { JudgedChange } from '../../src/check/acknowledge.ts'
import { changeMarkdown } from '../../src/report/change-markdown.ts'
import { diffMarkdown } from '../../src/report/diff-markdown.ts'
import type { TableDiff } from '../../src/run/diff-result.ts'
import type { ChangeSummary } from '../../src/run/summary.ts'
import { keyless, noRows, same, trips } from './diffs.ts'

const reader = { step: 'revenue', flow: 'taxi', file: 'notebooks/gold/revenue.ts' }
const breaking: JudgedChange = {
  table: 'silver.trips',
  column: 'fare',
  kind: 'type-changed',
  level: 'breaking',
  what: 'DECIMAL(10,2) -> DECIMAL(12,2)',
  readBy: [reader],
  acknowledged: undefined,
}
const compatible: JudgedChange = {
  ...breaking,
  column: 'tip_share',
  kind: 'column-added',
  level: 'compatible',
  what: 'added, DOUBLE NULL',
  readBy: [],
}
const summary: ChangeSummary = {
  env: 'dev',
  contracts: { against: 'the lock', changes: [breaking, compatible], notes: [] },
  data: { from: 'prod', to: 'dev', tables: [keyless, same, trips] },
  reaches: { 'silver.trips': [{ table: 'gold.revenue', columns: ['amount', 'fares'] }] },
  problems: [],
}

const html = (markdown: string): string =>
  micromark(markdown, { allowDangerousHtml: true, extensions: [gfm()], htmlExtensions: [gfmHtml()] })

test('a summary is one page that says what a change means', async () => {
  const golden = new URL('./change-summary.golden.txt', import.meta.url)
  expect(changeMarkdown(summary)).toBe(await readFile(golden, 'utf8'))
})

test('the first line is the verdict', () => {
  const verdict = (change: Partial<ChangeSummary>) => changeMarkdown({ ...summary, ...change }).split('\n')[0]
  const contracts = (changes: readonly JudgedChange[]) => ({ contracts: { ...summary.contracts, changes } })
  const meant = { ...breaking, acknowledged: { why: 'fares are floats' } }
  expect(verdict({})).toBe('## ✗ 1 breaking change, 2 tables with other data')
  expect(verdict(contracts([meant]))).toBe(
    '## ✓ 1 breaking change, all acknowledged, 2 tables with other data',
  )
  expect(verdict(contracts([compatible]))).toBe(
    '## ✓ no contract breaks (1 other change), 2 tables with other data',
  )
  expect(verdict({ ...contracts([]), data: { from: 'prod', to: 'dev', tables: [same] } })).toBe(
    '## ✓ contracts as they were, the same data',
  )
})

test('mistakes of the project are told', () => {
  const problems = [{ code: 'query/bind' as const, message: 'x' }]
  expect(changeMarkdown({ ...summary, problems })).toContain('**1 mistake** in the project: `sluice check`')
})

test('a page is cut below the limit with a note, and never within a table', () => {
  const tables = Array.from({ length: 90 }, (_, at): TableDiff => ({ ...trips, table: `silver.t${at}` }))
  const text = changeMarkdown({ ...summary, data: { from: 'prod', to: 'dev', tables } })
  expect(text.length).toBeLessThan(65_536)
  const many = changeMarkdown({ ...summary, data: { from: 'prod', to: 'dev', tables } }, 30_000)
  expect(many.length).toBeLessThanOrEqual(30_000)
  expect(many).toContain('the rest is left out')
  expect(many.match(/<details>/g)?.length).toBe(many.match(/<\/details>/g)?.length)
})

test('wide rows, many columns and long values stay one table of a comment', () => {
  const names = Array.from({ length: 500 }, (_, at) => `column ${at}`)
  const wide: TableDiff = {
    ...trips,
    schema: names.map((column) => ({ kind: 'added', column, after: { type: 'VARCHAR', nullable: true } })),
    notCompared: [],
    rows: {
      ...trips.rows,
      columns: names.map((column) => ({ column, changed: 1 })),
      examples: {
        ...noRows.examples,
        changed: [
          {
            key: { id: '1' },
            cells: names.map((column) => ({ column, before: 'x'.repeat(9000), after: '' })),
          },
        ],
        added: [{ row: Object.fromEntries(names.map((name) => [name, 'y'.repeat(9000)])), count: 1 }],
      },
    },
  }
  expect(diffMarkdown([wide])).toContain('<code>column 0</code>')
  expect(Buffer.byteLength(diffMarkdown([wide]))).toBeLessThan(20_000)
})

const pieces = String.raw`| \` <> & * _ ~ [x](y) ![i](u) @octocat #12 </code></details> <script>alert(1)</script> <img/src=x> https://example.com www.example.com a@b.cd --- 1.`
const nasty = fc.string({
  unit: fc.constantFrom(...pieces.split(' '), '``', '\n', ' ', '\u001b[1m'),
  minLength: 1,
})

test('names and values are never markup', () => {
  fc.assert(
    fc.property(nasty, (text) => {
      const diff: TableDiff = {
        ...trips,
        table: text,
        schema: [{ kind: 'removed', column: text, before: { type: text, nullable: true } }],
        key: [text],
        notCompared: [text],
        rows: {
          ...trips.rows,
          columns: [{ column: text, changed: 1 }],
          comparedAs: [{ column: text, type: text }],
          examples: {
            changed: [{ key: { [text]: text }, cells: [{ column: text, before: text, after: null }] }],
            added: [{ row: { [text]: text }, count: 1 }],
            removed: [],
          },
        },
      }
      const change: JudgedChange = {
        ...breaking,
        table: text,
        column: text,
        what: text,
        hint: text,
        acknowledged: { why: text },
      }
      const page = html(
        changeMarkdown({
          ...summary,
          contracts: { against: text, changes: [change], notes: [text] },
          data: { from: 'prod', to: 'dev', tables: [diff] },
          reaches: { [text]: [{ table: text, columns: [text] }] },
        }) + diffMarkdown([diff]),
      )
      const tags = new Set([...page.matchAll(/<\/?([a-z0-9]+)/g)].map(([, tag]) => tag))
      const ours = 'h2 h3 p strong code ul li table thead tbody tr th td details summary'.split(' ')
      expect([...tags].filter((tag) => !ours.includes(tag ?? ''))).toEqual([])
      expect(page.match(/<table>/g)?.length).toBe(5)
    }),
    { numRuns: 60 },
  )
})
