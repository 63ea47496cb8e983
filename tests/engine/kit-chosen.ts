import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll } from 'vitest'
import type { ChoosePartitions } from '../../src/engine/duckdb/ad-hoc-tables.ts'
import { openReader, type Reader } from '../../src/engine/duckdb/reader.ts'

const by = ['month', 'n', 'day', 'ok']
const columns = [
  { name: 'month', type: 'VARCHAR' },
  { name: 'n', type: 'BIGINT' },
  { name: 'day', type: 'DATE' },
  { name: 'ok', type: 'BOOLEAN' },
  { name: 'v', type: 'INTEGER' },
] as const
export const values = ['2019-01', '2019-02', "it's", ''].flatMap((month, at) =>
  [-1, 10, 2].map((n) => [month, String(n), `2019-0${at + 1}-0${n + 2 > 9 ? 9 : n + 2}`, String(n > 0)]),
)

let folder: string
let reader: Reader
const files: string[] = []
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-chosen-'))
  reader = await openReader({ memory: '500MB', threads: 2, tempFolder: path.join(folder, 'reader') })
  const instance = await DuckDBInstance.create()
  const connection = await instance.connect()
  for (const [at, [month = '', n, day, ok]] of values.entries()) {
    const file = path.join(folder, `${at}.parquet`)
    const row = `'${month.replaceAll("'", "''")}' AS month, ${n}::BIGINT AS n, DATE '${day}' AS day, ${ok} AS ok`
    await connection.run(`COPY (SELECT ${row}, unnest([${at}, ${at + 20}]) AS v) TO '${file}'`)
    files.push(file)
  }
  connection.closeSync()
  instance.closeSync()
})
afterAll(async () => {
  await reader.close()
  await rm(folder, { recursive: true, force: true })
})

/** What a query over `silver.trips` gives, and how many partitions of the table it was given. */
export async function asked(
  text: string,
  choose = (chosen: Awaited<ReturnType<ChoosePartitions>>) => chosen,
) {
  let given = values.length
  const { rows } = await reader.adHoc(
    { text },
    {
      names: ['silver.trips'],
      version: async (_, ask) => {
        const chosen = choose(await ask({ by, columns, values }))
        const left = files.filter((_file, at) => chosen?.has(at) ?? true)
        given = left.length
        return { files: left, columns }
      },
    },
  )
  const list: string[] = []
  for await (const row of rows) list.push(row.map(String).join('|'))
  return { rows: list.toSorted(), given }
}
