import { afterAll, beforeAll, expect, it } from 'vitest'
import { renderQuery } from '../../src/contract/render.ts'
import { Sql } from '../../src/contract/sql.ts'
import { t } from '../../src/contract/types.ts'
import { declared, handle, openRig, contract, type Rig } from './kit.ts'

let rig: Rig
beforeAll(async () => {
  rig = await openRig()
})
afterAll(() => rig.close())

const inputs = [{ handle: 'trips', name: 'trips', columns: declared({ id: t.bigint(), note: t.varchar() }) }]
const table = contract('out', { id: t.bigint(), n: t.integer() })

/** Faults of columns as `code: the text at their place`. */
async function placesOf(text: string): Promise<string[]> {
  const pieces = text.split(/(?<!")@trips/)
  const query = renderQuery(
    new Sql(
      pieces,
      pieces.slice(1).map(() => handle('trips')),
    ),
  )
  const output = { handle: 'out', table }
  const { problems } = await rig.engine.analyse({ query, inputs, output, volatile: false, lineage: false })
  return problems.map(({ code, query: place }) => {
    const at = place?.text.slice(place.offset, place.offset + 14) ?? '?'
    return `${code.replace('contract/', '')}: ${at}`
  })
}

it.each([
  ['SELECT id FROM @trips', ['column-missing: id FROM "@trip']],
  ['SELECT id, 1 AS n, note FROM @trips', ['column-extra: note FROM "@tr']],
  ['SELECT id, 1 AS n, upper(note) FROM @trips', ['column-extra: upper(note) FR']],
  ['SELECT id, 1 AS n, 2 AS n FROM @trips', ['column-extra: 2 AS n FROM "@']],
  ["SELECT id, 'ü' || note AS n FROM @trips", ["type-mismatch: 'ü' || note AS"]],
  ['SELECT note::BIGINT AS id, note::DATE AS n FROM @trips', ['type-mismatch: note::DATE AS ']],
  ['SELECT 1 AS n, * FROM @trips', ['column-extra: * FROM "@trips']],
  ['FROM @trips', ['column-missing: "@trips"', 'column-extra: "@trips"']],
  ['WITH x AS (SELECT 1 AS n, * FROM @trips) SELECT n, id, note FROM x', ['column-extra: note FROM x']],
  ['WITH x AS (SELECT 1 AS n, id, note FROM @trips) SELECT * FROM x', ['column-extra: note FROM "@tr']],
  ['WITH x AS (SELECT id FROM @trips) SELECT * FROM x', ['column-missing: * FROM x']],
  ['SELECT * FROM (SELECT id, note AS n FROM @trips) AS s', ['type-mismatch: note AS n FROM']],
  ['SELECT id, 1 AS n, 2 AS z FROM @trips UNION ALL SELECT 1, 2, 3', ['column-extra: 2 AS z FROM "@']],
  [
    'WITH RECURSIVE r AS (SELECT 1::BIGINT AS id, 2 AS n, 3 AS z UNION ALL SELECT id + 1, n, z FROM r WHERE id < 3) FROM r',
    ['column-extra: 3 AS z UNION A'],
  ],
  ['WITH "@trips" AS (FROM @trips) SELECT *, 1 AS n FROM "@trips"', ['column-extra: "@trips") SELE']],
])('what does not fit the contract is told where the query says it: %s', async (text, places) => {
  expect(await placesOf(text)).toEqual(places)
})
