import type { RowsDiff } from '../../src/engine/table-diff.ts'
import type { TableDiff } from '../../src/run/diff-result.ts'

const version = (env: string, seq: number, rows: number) => {
  return { env, seq, rows, version: '01m7wcxn7rg0qa39c42vvm0czk', updatedAt: '2026-01-01T00:00:00.000Z' }
}

export const noRows: RowsDiff = {
  added: 0,
  removed: 0,
  changed: 0,
  same: 0,
  columns: [],
  comparedAs: [],
  examples: { added: [], removed: [], changed: [] },
}

/** A difference of everything that can differ. */
export const trips: TableDiff = {
  table: 'silver.trips',
  from: version('prod', 9, 1_204_331),
  to: version('dev', 12, 1_204_980),
  same: false,
  decidedBy: 'rows',
  schema: [
    { kind: 'added', column: 'tip_share', after: { type: 'DOUBLE', nullable: true } },
    {
      kind: 'changed',
      column: 'fare',
      before: { type: 'DECIMAL(10,2)', nullable: false },
      after: { type: 'DECIMAL(12,2)', nullable: false },
    },
  ],
  key: ['vendor_id', 'picked_up_at'],
  columns: ['fare', 'zone_id'],
  notCompared: ['tip_share'],
  rows: {
    added: 650,
    removed: 1,
    changed: 37,
    same: 1_204_293,
    columns: [
      { column: 'fare', changed: 37 },
      { column: 'zone_id', changed: 2 },
    ],
    comparedAs: [{ column: 'fare', type: 'DECIMAL(12,2)' }],
    examples: {
      changed: [
        {
          key: { vendor_id: '2', picked_up_at: '2019-01-03 10:22:01' },
          cells: [
            { column: 'fare', before: '12.50', after: '13.00' },
            { column: 'zone_id', before: null, after: '7' },
          ],
        },
      ],
      added: [
        { row: { vendor_id: '1', picked_up_at: '2019-01-04 00:00:00', fare: '5.00', zone_id: '' }, count: 1 },
      ],
      removed: [],
    },
  },
}

/** The same table, a whole row of it that is there more often, and no key. */
export const keyless: TableDiff = {
  ...trips,
  table: 'gold.report',
  schema: [],
  key: [],
  columns: ['line'],
  notCompared: [],
  rows: {
    ...noRows,
    added: 2,
    same: 3,
    examples: { ...noRows.examples, added: [{ row: { line: ' a|b ' }, count: 2 }] },
  },
}

export const same: TableDiff = {
  ...trips,
  table: 'bronze.raw',
  same: true,
  decidedBy: 'digest',
  schema: [],
  rows: { ...noRows, same: 5 },
}
