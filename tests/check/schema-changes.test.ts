import { expect, test } from 'vitest'
import { schemaChanges } from '../../src/check/schema-changes.ts'
import type { ColumnShape } from '../../src/lake/types.ts'

const column = (name: string, type = 'INTEGER', nullable = false): ColumnShape => ({ name, type, nullable })

test('columns that were added, removed, or have another type or NULL are told', () => {
  const before = [column('id'), column('gone'), column('fare', 'DOUBLE'), column('zone')]
  const after = [
    column('id'),
    column('fare', 'DECIMAL(10,2)'),
    column('zone', 'INTEGER', true),
    column('tip'),
  ]
  expect(schemaChanges(before, after)).toEqual([
    {
      kind: 'changed',
      column: 'fare',
      before: { type: 'DOUBLE', nullable: false },
      after: { type: 'DECIMAL(10,2)', nullable: false },
    },
    {
      kind: 'changed',
      column: 'zone',
      before: { type: 'INTEGER', nullable: false },
      after: { type: 'INTEGER', nullable: true },
    },
    { kind: 'added', column: 'tip', after: { type: 'INTEGER', nullable: false } },
    { kind: 'removed', column: 'gone', before: { type: 'INTEGER', nullable: false } },
  ])
})

test('the order of columns is no difference', () => {
  expect(schemaChanges([column('a'), column('b')], [column('b'), column('a')])).toEqual([])
})
