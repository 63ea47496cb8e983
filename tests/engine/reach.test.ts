import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Connection } from '../../src/engine/duckdb/connection.ts'
import { openInstance } from '../../src/engine/duckdb/instance.ts'

/** An engine that may open files in one folder, and in one that a link leads to. What passes the gate is not asked. */

let folder: string
let connection: Connection
let close: () => Promise<void>
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-reach-'))
  for (const name of ['in', 'out', 'real']) {
    await mkdir(path.join(folder, name))
    await writeFile(path.join(folder, name, 'a.csv'), 'n\n1\n')
  }
  await symlink(path.join(folder, 'out'), path.join(folder, 'in/folder'))
  await symlink(path.join(folder, 'out/a.csv'), path.join(folder, 'in/file.csv'))
  await symlink(path.join(folder, 'real'), path.join(folder, 'link'))
  const reach = ['in', 'link'].map((name) => path.join(folder, name))
  const options = { memory: '200MB', threads: 1, tempFolder: path.join(folder, 'tmp'), reach }
  const instance = await openInstance(options)
  connection = await Connection.open(instance)
  close = async () => {
    await connection.close()
    instance.closeSync()
  }
})
afterAll(async () => {
  await close()
  await rm(folder, { recursive: true })
})

const at = (text: string) => text.replaceAll('@', folder)

describe('an engine with a reach', () => {
  it.each(["FROM '@/in/a.csv'", "FROM '@/link/a.csv'", "COPY (SELECT 1) TO '@/in/b.parquet'"])(
    'does %s',
    async (text) => {
      await expect(connection.run(at(text))).resolves.toBeDefined()
    },
  )

  it.each([
    "FROM '@/out/a.csv'",
    "FROM '@/in/../out/a.csv'",
    "FROM '@/in/file.csv'",
    "FROM '@/in/folder/a.csv'",
    "FROM read_text('/etc/passwd')",
    "FROM glob('/etc/*')",
    "COPY (SELECT 1) TO '@/out/b.parquet'",
    "COPY (SELECT 1) TO '@/in/folder/b.parquet'",
    "ATTACH '@/out/b.db'",
    "EXPORT DATABASE '@/out/all'",
    'INSTALL httpfs',
    "LOAD '@/out/x.duckdb_extension'",
    "SET allowed_directories = ['/']",
    'SET enable_external_access = true',
    "SET memory_limit = '100GB'",
    "SET temp_directory = '@/out'",
  ])('refuses %s', async (text) => {
    await expect(connection.run(at(text))).rejects.toThrow()
  })
})
