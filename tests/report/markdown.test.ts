import fc from 'fast-check'
import { micromark } from 'micromark'
import { gfm, gfmHtml } from 'micromark-extension-gfm'
import { expect, test } from 'vitest'
import type { Problem } from '../../src/base/problem.ts'
import { markdownSummary } from '../../src/report/markdown.ts'
import { markdownLines, markdownTable, markdownText } from '../../src/report/markdown-text.ts'
import { checked, finish, finished, mixed, sourceRead, start, started, written } from './events.ts'

const html = (markdown: string): string =>
  micromark(markdown, { allowDangerousHtml: true, extensions: [gfm()], htmlExtensions: [gfmHtml()] })
const none = { events: [], problems: [] }
const pieces = String.raw`| \` <> & * _ ~ [ ] ( ) ! \ # @ : </pre> </code> <script> https://example.com www.example.com a 1. - --- &lt;`
const nasty = fc.string({ unit: fc.constantFrom(...pieces.split(' '), '``', '\n', '\t', '  ', '\u001b[1m') })

test('a run is a table of its steps by how they ended', () => {
  expect(markdownSummary({ events: mixed, problems: [] })).toBe(
    [
      '### ✗ <code>taxi</code> on <code>dev</code>: 2 ran, 1 reused, 1 fresh, 1 failed, 1 blocked in 1m 04s',
      '',
      '| outcome | step | rows | time | why |',
      '| --- | --- | ---: | ---: | --- |',
      '| ✗ failed | <code>clean&#95;trips</code> |  | 340ms | <code>notebooks/clean&#95;trips.ts&#58;7&#58;3 contract/check</code> |',
      '| – blocked | <code>daily&#95;revenue</code> |  |  | by <code>clean&#95;trips</code> |',
      '| ✓ ran | <code>ingest&#95;trips</code> | 1,234,567 | 2.3s | <code>input-changed files&#58; 2 of 12 files</code> |',
      '| ✓ ran | <code>by&#95;zone</code> | 1, unchanged | 1m 01s | <code>args-changed year&#58; 2018 -&#62; 2019</code> |',
      '| ↺ reused | <code>zones</code> | 265 | 1.2s | <code>never-run</code> |',
      '',
      '1 step was fresh.',
      '',
      '<code>clean&#95;trips</code>: 1 problem',
      '',
      '<pre>',
      "notebooks/clean_trips.ts:7:3: table 'silver.trips': 3 rows break the check fare &gt;= 0 [contract/check]",
      'see notebooks/clean_trips.ts:5: the check is declared here',
      'hint: leave such rows out in the query',
      '</pre>',
      '',
      '',
    ].join('\n'),
  )
})

test('data checks that did not pass have a table', () => {
  const events = [
    started(['a']),
    start('a'),
    checked('a', 'good'),
    checked('a', 'late|rows', { outcome: 'warned', rows: 1234 }),
    finish('a', 'ran', { tables: [written('silver.trips', 5)] }),
    finished({ ran: 1 }),
  ]
  const text = markdownSummary({ events, problems: [] })
  expect(text).toContain('| warned | <code>silver.trips</code> | <code>late&#124;rows</code> | 1,234 |')
  expect(text).not.toContain('good')
  expect(text).toContain('### ✓')
})

test('rows that sources rejected and deliveries have tables', () => {
  const delivered = { target: 'out/a|b.csv', rows: 1234 }
  const events = [
    started(['a', 'b']),
    sourceRead('a', 2),
    finish('a', 'ran'),
    sourceRead('b', 0),
    finish('b', 'ran', { delivered }),
    finished({ ran: 2 }),
  ]
  const text = markdownSummary({ events, problems: [] })
  expect(text).toContain('| <code>raw.orders</code> | <code>bronze.orders&#95;rejects</code> | 2 | 1,234 |')
  expect(text.match(/raw\.orders/g)).toHaveLength(1)
  expect(text).toContain('| <code>b</code> | <code>out/a&#124;b.csv</code> | 1,234 |')
})

test('Problems of a project are told with their number, errors first', () => {
  const warning: Problem = { code: 'query/volatile', severity: 'warn', message: 'now()' }
  const text = markdownSummary({
    ...none,
    problems: [warning, { code: 'flow/cycle', message: 'a -> b' }],
    files: ['a', 'b'],
  })
  expect(text.split('\n').filter((line) => line !== '' && !line.includes('pre>'))).toEqual([
    '### ✗ Sluice: 1 problem, 1 warning in 2 files',
    'a -&gt; b [flow/cycle]',
    'warning: now() [query/volatile]',
  ])
  expect(markdownSummary({ ...none, files: ['a'] })).toContain('### ✓ Sluice: 0 problems in 1 file')
  expect(markdownSummary(none)).toBe('')
})

test('whatever a cell holds, it is shown as it is and the table stays whole', () => {
  fc.assert(
    fc.property(nasty, (text) => {
      const page = html(markdownTable(['a', 'b'], [], [[markdownText(text), 'end']]))
      expect(page.match(/<td/g)).toHaveLength(2)
      expect(page).toContain('<td>end</td>')
      expect(page.match(/<(?!\/?(?:table|thead|tbody|tr|th|td|code)\b)/)).toBeNull()
    }),
    { numRuns: 1000 },
  )
})

test('whatever lines hold, they are one block and nothing in it is markup', () => {
  fc.assert(
    fc.property(nasty, (text) => {
      const page = html(`${markdownLines(text)}\n\nafter`)
      expect(page.match(/<[^>]*>/g)).toEqual(['<pre>', '</pre>', '<p>', '</p>'])
    }),
    { numRuns: 1000 },
  )
})

test('text that is not escaped does break a table, so that the tests above can fail', () => {
  const page = html(markdownTable(['a', 'b'], [], [['x | <b>at www.example.com</b>', 'end']]))
  expect(page).not.toContain('<td>end</td>')
  expect(page).toContain('<a href')
})

test('3,000 Problems and long messages stay below 1 MiB, with a note and no torn block', () => {
  const problems = Array.from({ length: 3000 }, (_, at): Problem => ({
    code: 'step/threw',
    message: `${at} ${'é'.repeat(9000)}`,
  }))
  const text = markdownSummary({ ...none, problems })
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1024 * 1024)
  expect(text.endsWith('</pre>\n\nToo much for one page: the rest is left out.\n')).toBe(true)
  expect(text.match(/<pre>/g)).toHaveLength(text.match(/<\/pre>/g)?.length ?? 0)
  const short = markdownSummary({
    ...none,
    problems: problems.map((problem) => ({ ...problem, message: 'm' })),
  })
  expect(short).toContain('and 2,800 more problems')
})

test('a page for which there is no room is left out', () => {
  expect(markdownSummary({ events: mixed, problems: [] }, 10)).toBe('')
})

test('a run that was killed says so', () => {
  const text = markdownSummary({ events: [started(['a', 'b']), start('a')], problems: [] })
  expect(text).toBe(
    '### ✗ <code>taxi</code> on <code>dev</code>: no step ended; the run did not come to its end\n\n',
  )
})
