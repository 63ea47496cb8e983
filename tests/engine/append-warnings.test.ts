import { afterAll, beforeAll, expect, test } from 'vitest'
import { renderQuery } from '../../src/contract/render.ts'
import { Sql } from '../../src/contract/sql.ts'
import { t } from '../../src/contract/types.ts'
import { declared, handle, openRig, type Rig } from './kit.ts'

let rig: Rig
beforeAll(async () => (rig = await openRig()))
afterAll(() => rig.close())

const columns = declared({ id: t.bigint(), zone: t.varchar() })
const handles = ['a.changes().added', 'a.changes().removed', 'b.changes().added', 'a', 'b']
const inputs = handles.map((each) => ({ handle: each, name: each, columns, key: ['id'] }))

/** `@1` stands for the first handle, and so on. */
async function told(text: string, appends = true): Promise<string[]> {
  const pieces = text.split(/@(\d)/)
  const values = pieces.filter((_, at) => at % 2 === 1).map((at) => handle(handles[Number(at) - 1] ?? ''))
  const query = renderQuery(
    new Sql(
      pieces.filter((_, at) => at % 2 === 0),
      values,
    ),
  )
  const more = appends && { appends: true as const }
  const { problems } = await rig.engine.analyse({ query, inputs, volatile: false, lineage: false, ...more })
  return problems.flatMap(({ code, message }) =>
    code === 'query/append'
      ? [message.replace('query: ', '').replace(' sees only the rows that were added', '')]
      : [],
  )
}

test.each([
  ['SELECT * FROM @1', []],
  ['SELECT * FROM @1 JOIN @5 USING (id) WHERE id IN (SELECT max(id) FROM @5)', []],
  ['SELECT * FROM @1 UNION ALL SELECT * FROM @3', []],
  ['SELECT zone, count(*) FROM @1 GROUP BY zone', ['an aggregate']],
  ['WITH c AS (FROM @1) SELECT max(id) FROM (SELECT * FROM c)', ['an aggregate']],
  ['SELECT DISTINCT zone FROM @1', ['DISTINCT']],
  ['SELECT id FROM @1 ORDER BY id LIMIT 3', ['LIMIT']],
  ['SELECT id, row_number() OVER (ORDER BY id) AS n FROM @1', ['a window function']],
  ['SELECT x.id FROM @1 x JOIN @3 y USING (id)', ['a join of what was added to two inputs']],
  ['SELECT id FROM @1 UNION SELECT id FROM @5', ['UNION without ALL']],
  ['SELECT id FROM @1 EXCEPT SELECT id FROM @5', ['EXCEPT without ALL']],
  ['SELECT id FROM @2', ["'a.changes().removed' never has rows"]],
  ['SELECT id FROM @1 WHERE id NOT IN (SELECT id FROM @4)', ["'a' is read by its changes and whole"]],
])('what cannot be appended is warned of: %s', async (text, expected) => {
  expect(await told(text)).toEqual(expected)
  expect(await told(text, false)).toEqual([])
})
