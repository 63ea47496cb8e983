import { expect, it, test } from 'vitest'
import { notebook, source, sql, table, t } from '../../src/index.ts'
import type { AnyInput } from '../../src/contract/input.ts'
import type { PartitionOptions } from '../../src/contract/partition.ts'
import { declared, described, lines, loose } from './kit.ts'

const columns = { month: t.varchar(), day: t.date(), n: t.integer() }
const files = source.csv('raw/{month}/*.csv', { columns: { n: t.integer() } })
const plain = source.csv('plain.csv', { columns: { n: t.integer() } })
const parted = table('silver.parted', columns, { partitionBy: ['month'] })

function made(partition: PartitionOptions, output = parted, input: AnyInput = files) {
  return loose(
    'x',
    input,
    notebook({
      name: 'silver__parted',
      inputs: { files: input },
      outputs: { output },
      partition: partition as { by: 'month' },
      select: { output: ({ files }) => sql`SELECT * FROM ${files}` },
    }),
  )
}

test('how a notebook works by partition is plain JSON', () => {
  const options = { by: 'month', every: 'month', lookback: 3, complete: { after: '2h' } } as const
  expect(declared(made(options)).steps[0]?.partition).toEqual({
    by: ['month'],
    every: 'month',
    lookback: 3,
    completeAfter: 7_200_000,
  })
})

it.each([
  [{ by: 'month', lookback: 1 }, parted, files, 'partition.lookback needs partition.every'],
  [{ by: 'month', complete: { after: '1h' } }, parted, files, 'partition.complete needs partition.every'],
  [
    { by: 'month', every: 'month', lookback: -1 },
    parted,
    files,
    "partition.lookback '-1' is no whole number from 0",
  ],
  [
    { by: 'month', every: 'mounth' as 'month' },
    parted,
    files,
    "partition.every 'mounth' is no length of time",
  ],
  [
    { by: 'month', every: 'month', complete: { after: 'soon' } },
    parted,
    files,
    "'soon' is no length of time",
  ],
  [{ by: [] }, parted, files, 'partition.by names no columns'],
  [{ by: 'month' }, parted, plain, 'none of its inputs has such partitions'],
  [
    { by: 'month' },
    table('silver.whole', columns),
    files,
    "its output table 'silver.whole' is not partitioned",
  ],
  [
    { by: 'n', every: 'month' },
    table('silver.numbers', columns, { partitionBy: ['n'] }),
    source.csv('raw/{n}.csv', { columns: { n: t.integer() } }),
    'is INTEGER, which cannot stand for time by month',
  ],
] as const)('%j is a Problem', (partition, output, input, said) => {
  const { problems } = described(made(partition, output as typeof parted, input))
  expect(lines(problems).join('\n')).toContain(said)
})

test('all that is wrong is told at once', () => {
  const { problems } = described(made({ by: 'month', lookback: -1, complete: { after: '' } }, parted, plain))
  expect(problems.length).toBeGreaterThanOrEqual(4)
})
