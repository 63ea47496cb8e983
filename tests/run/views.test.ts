import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { expect, test } from 'vitest'
import { views } from '../../src/run/views.ts'
import { sluice } from '../cli/rig.ts'
import { emptyProject, publishTable } from './lake-rig.ts'

const columns = [{ name: 'id', type: 'INTEGER', nullable: false }]

async function project(): Promise<string> {
  // Brackets and stars are patterns for DuckDB, and `region=north` would be a column.
  const root = path.join(await emptyProject(), 'region=north [1]*')
  await mkdir(root)
  await writeFile(path.join(root, 'sluice.yaml'), 'env: dev\n')
  return root
}

async function answer(script: string, query: string): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(script)
  const rows = (await connection.runAndReadAll(query)).getRows()
  connection.closeSync()
  instance.closeSync()
  return rows
}

test('views are read by the names of their tables, whatever these and the folder are called', async () => {
  const root = await project()
  await publishTable(root, 'plain', columns, 'SELECT 1 AS id')
  await publishTable(root, 'silver.order', columns, 'SELECT 2 AS id')
  await publishTable(root, 'silver.trips', columns, 'SELECT 3 AS id UNION ALL SELECT 4')
  await publishTable(root, 'lake.silver.trips', columns, 'SELECT 5 AS id')
  await publishTable(root, 'a.b.c.d', columns, 'SELECT 6 AS id')
  await publishTable(root, 'other', columns, 'SELECT 7 AS id', { env: 'prod' })
  const { sql, tables } = await views({ projectRoot: root })
  expect(tables).toEqual(['a.b.c.d', 'lake.silver.trips', 'plain', 'silver.order', 'silver.trips'])
  const names = ['plain', 'silver."order"', 'silver.trips', 'lake.silver.trips', '"a.b.c.d"']
  const query = names.map((name) => `SELECT '${name}', sum(id)::INTEGER, count(*)::INTEGER FROM ${name}`)
  expect(await answer(sql, query.join(' UNION ALL '))).toEqual([
    ['plain', 1, 1],
    ['silver."order"', 2, 1],
    ['silver.trips', 7, 2],
    ['lake.silver.trips', 5, 1],
    ['"a.b.c.d"', 6, 1],
  ])
  // The script can be read twice, and its columns are those of the files alone.
  expect(await answer(`${sql}\n${sql}`, 'DESCRIBE silver.trips')).toHaveLength(1)
})

test('views are printed, or written to a file that is named', async () => {
  const root = await project()
  expect((await sluice(['views'], { cwd: root })).stderr).toContain("Environment 'dev' has no tables yet")
  await publishTable(root, 'silver.trips', columns, 'SELECT 3 AS id')
  const { stdout } = await sluice(['views'], { cwd: root })
  expect(stdout.split('\n')[1]).toBe('CREATE SCHEMA IF NOT EXISTS "silver";')
  expect((await sluice(['views', '--out', 'views.sql'], { cwd: root })).stdout).toBe('')
  expect(await readFile(path.join(root, 'views.sql'), 'utf8')).toBe(stdout)
  const failed = await sluice(['views', '--out', 'none/views.sql'], { cwd: root })
  expect(failed.code).toBe(2)
  expect(failed.stderr).toContain("cannot be written to 'none/views.sql'")
})
