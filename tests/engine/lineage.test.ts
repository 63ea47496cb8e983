import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { t } from '../../src/contract/types.ts'
import type { InputColumn, QueryLineage } from '../../src/engine/analysis.ts'
import { declared, openRig, type Rig } from './kit.ts'
import { lineageQueries } from './lineage-queries.ts'

let rig: Rig
beforeAll(async () => {
  rig = await openRig()
})
afterAll(() => rig.close())

const whole = t.integer()
const inputs = [
  {
    handle: 'a',
    name: 'silver.a',
    columns: declared({
      id: whole,
      k: whole,
      v: whole,
      s: t.varchar(),
      l: t.list(whole),
      st: t.struct({ x: whole }),
    }),
  },
  { handle: 'b', name: 'silver.b', columns: declared({ id: whole, k: whole, w: whole }) },
]

async function lineageOf(text: string): Promise<QueryLineage> {
  const relations = inputs.map(({ handle }) => handle).filter((handle) => text.includes(`"@${handle}"`))
  const query = { text, params: text.includes('$2') ? [1, 2] : [], relations }
  const { lineage, problems } = await rig.engine.analyse({ query, inputs, volatile: false, lineage: true })
  if (!lineage) throw new Error(problems.map(({ message }) => message).join('\n'))
  return lineage
}

function written({ columns, rows, approximate }: QueryLineage): string {
  const list = (found: readonly InputColumn[]) =>
    found.map(({ handle, column }) => `${handle}.${column}`).join(' ') || '-'
  const each = Object.entries(columns).map(([name, from]) => `${name}: ${list(from)}`)
  return `${each.join('; ')} | ${list(rows)}${approximate ? ' approximate' : ''}`
}

/** Columns of a number come first in a JavaScript object. */
const sorted = (text: string) => {
  const [columns = '', rows] = text.split(' | ')
  return `${columns.split('; ').toSorted().join('; ')} | ${rows}`
}

describe('the lineage of a query', () => {
  it.each(lineageQueries)('%s', async (query, expected) => {
    expect(sorted(written(await lineageOf(query)))).toBe(sorted(expected))
  })
})
