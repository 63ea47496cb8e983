import { expect, test } from 'vitest'
import { problemsOf } from '../../src/base/problem.ts'
import { flow, notebook, sql, t, table } from '../../src/index.ts'
import { selectedFlows } from '../../src/run/selection.ts'
import { resolved } from '../flow/kit.ts'

const one = (name: string) => {
  const made = table(`x.${name}`, { id: t.integer() })
  return resolved(
    flow(name).step(notebook({ name, outputs: { made }, select: { made: () => sql`SELECT 1 AS id` } })),
  )
}

test('what selects nothing is told of the flows that have something like it', () => {
  const said = (select: string) => {
    try {
      selectedFlows([one('orders'), one('weather')], (each) => each, { select: [select] })
      return []
    } catch (error) {
      return (problemsOf(error) ?? []).map(({ message }) => message)
    }
  }
  expect(said('ordrs')).toEqual(["'ordrs' selects no step of flow 'orders'"])
  expect(said('orders')).toEqual([])
  expect(said('quite_another')).toHaveLength(2)
})
