import { describe, expect, test } from 'vitest'
import { exportDelta } from '../../src/lake/delta-export.ts'
import { deltaSchema } from '../../src/lake/delta-schema.ts'
import { deltaStats } from '../../src/lake/delta-stats.ts'
import { memoryStorage } from '../../src/storage/memory.ts'
import { deltaLogs, id, lakeOver, publishVersion, type Action } from './delta-kit.ts'

const column = (type: string, name = 'a') => ({ name, type, nullable: true })

describe('the schema of a Delta table', () => {
  const cases: [type: string, delta: unknown][] = [
    ['BOOLEAN', 'boolean'],
    ['TINYINT', 'byte'],
    ['SMALLINT', 'short'],
    ['INTEGER', 'integer'],
    ['BIGINT', 'long'],
    ['FLOAT', 'float'],
    ['DOUBLE', 'double'],
    ['DECIMAL(38,4)', 'decimal(38,4)'],
    ['VARCHAR', 'string'],
    ['JSON', 'string'],
    ['BLOB', 'binary'],
    ['DATE', 'date'],
    ['TIMESTAMP', 'timestamp_ntz'],
    ['TIMESTAMP WITH TIME ZONE', 'timestamp'],
    ['INTEGER[]', { type: 'array', elementType: 'integer', containsNull: true }],
    [
      'STRUCT("x" DATE, y VARCHAR[])',
      {
        type: 'struct',
        fields: [
          { name: 'x', type: 'date', nullable: true, metadata: {} },
          {
            name: 'y',
            type: { type: 'array', elementType: 'string', containsNull: true },
            nullable: true,
            metadata: {},
          },
        ],
      },
    ],
  ]
  test.each(cases)('has for %s the type %j', (type, delta) => {
    const schema = deltaSchema([column(type)])
    if (!('schema' in schema)) throw new Error('it was refused')
    expect(JSON.parse(schema.schema)).toEqual({
      type: 'struct',
      fields: [{ name: 'a', type: delta, nullable: true, metadata: {} }],
    })
    expect(schema.timestampNtz).toBe(type === 'TIMESTAMP')
  })

  test.each(['TIME', 'UUID', 'TIME[]', 'STRUCT(x UUID)[]'])('refuses %s', (type) => {
    expect(deltaSchema([id, column(type)])).toHaveLength(1)
  })

  test('says that a plain timestamp deep inside needs its feature', () => {
    expect(deltaSchema([column('STRUCT(x TIMESTAMP[])')])).toMatchObject({ timestampNtz: true })
  })

  test.each([' ', ',', ';', '{', '}', '(', ')', '\n', '\t', '='])(
    'refuses %j in names, nested ones too',
    (char) => {
      expect(deltaSchema([column('INTEGER', `a${char}b`)])).toHaveLength(1)
      expect(deltaSchema([column(`STRUCT("a${char}b" INTEGER)`)])).toHaveLength(1)
    },
  )
})

describe('statistics of a file', () => {
  const manifest = (stats: object, types: Record<string, string>, files = 1) => ({
    columns: Object.entries(types).map(([name, type]) => column(type, name)),
    files: Array.from({ length: files }, () => ({ key: '', bytes: 1, rows: 2, hash: '' })),
    stats,
  })
  const statsOf = (stats: object, types: Record<string, string>, files?: number) =>
    deltaStats(manifest(stats, types, files) as never, 2)

  test('have bounds of whole numbers and days with all their digits, and counts of NULLs', () => {
    const stats = {
      n: { nulls: 1, min: '-9223372036854775808', max: '9223372036854775807' },
      d: { nulls: 0, min: '2020-01-01', max: '2021-12-31' },
    }
    expect(statsOf(stats, { n: 'BIGINT', d: 'DATE' })).toBe(
      '{"numRecords":2,"minValues":{"n":-9223372036854775808,"d":"2020-01-01"},' +
        '"maxValues":{"n":9223372036854775807,"d":"2021-12-31"},"nullCount":{"n":1,"d":0}}',
    )
  })

  test('have no bounds of what a footer may cut short, round, or keep of one of several files', () => {
    const loose = { x: { nulls: 0, min: '1.5', max: 'z' } }
    for (const type of ['VARCHAR', 'DOUBLE', 'FLOAT', 'DECIMAL(10,2)', 'TIMESTAMP', 'BOOLEAN', 'BLOB'])
      expect(JSON.parse(statsOf(loose, { x: type }))).toMatchObject({ minValues: {}, maxValues: {} })
    const day = { x: { nulls: 0, min: '0044-03-15 (BC)', max: 'infinity' } }
    expect(JSON.parse(statsOf(day, { x: 'DATE' }))).toMatchObject({ minValues: {}, maxValues: {} })
    expect(statsOf({ n: { nulls: 0, min: '1', max: '2' } }, { n: 'INTEGER' }, 2)).toBe('{"numRecords":2}')
    expect(JSON.parse(statsOf({ l: { nulls: 1 } }, { l: 'INTEGER[]' }))).toMatchObject({ nullCount: {} })
  })
})

test('a version says its protocol and metadata, and where the data is', async () => {
  const storage = memoryStorage()
  const lake = await lakeOver(storage)
  const columns = [id, column('TIMESTAMP', 'at')]
  const { version } = await publishVersion(lake, 'trips', { columns })
  await exportDelta(lake)
  const text =
    (await deltaLogs(storage))['tables/silver/trips/trips/_delta_log/00000000000000000001.json'] ?? ''
  const actions = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Action)
  expect(actions.map((action) => Object.keys(action)[0])).toEqual([
    'commitInfo',
    'protocol',
    'metaData',
    'add',
  ])
  const [commit, protocol, meta, add] = actions
  expect(commit?.['commitInfo']).toMatchObject({
    engineInfo: 'Sluice',
    userMetadata: 'trips@1, commit 1 of prod',
  })
  expect(protocol?.['protocol']).toEqual({
    minReaderVersion: 3,
    minWriterVersion: 7,
    readerFeatures: ['timestampNtz'],
    writerFeatures: ['timestampNtz', 'sluiceReadOnly'],
  })
  expect(meta?.['metaData']).toMatchObject({
    id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
    configuration: { 'delta.deletedFileRetentionDuration': 'interval 36500 days' },
  })
  expect(add?.['add']).toMatchObject({
    path: `${version}/part-0.parquet`,
    size: 10,
    modificationTime: Date.parse('2026-01-31T11:59:59.500Z'),
    stats: '{"numRecords":2,"minValues":{},"maxValues":{},"nullCount":{}}',
  })
})
