import { mkdir, rm } from 'node:fs/promises'
import { DuckDBInstance } from '@duckdb/node-api'
import type { EngineOptions } from '../engine.ts'
import { removeAtExit } from './at-exit.ts'
import { Connection } from './connection.ts'
import { quoteTexts } from './sql-text.ts'
import { keepByteOrderMarks } from './whole-texts.ts'

/**
 * What can change a result is fixed, because a result may be reused on another machine; what reaches outside
 * is off. Inputs and outputs are files that Sluice names, so access to files stays, in some folders; queries of
 * users pass the gate first.
 */
const fixed: Readonly<Record<string, string>> = {
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
  allow_community_extensions: 'false',
  allow_unsigned_extensions: 'false',
  errors_as_json: 'true',
  // Tables are multisets; a COPY needs half the memory this way. An ORDER BY of a query still holds.
  preserve_insertion_order: 'false',
  default_order: 'ASC',
  default_null_order: 'NULLS_LAST',
  scalar_subquery_error_on_multiple_rows: 'true',
}

/** Settings that belong to extensions or sessions, and so cannot be given to a new instance. */
const settings = [
  "SET GLOBAL TimeZone = 'UTC'",
  "SET GLOBAL Calendar = 'gregorian'",
  "SET GLOBAL default_collation = ''",
]

/** An instance in memory with everything fixed. `lock` says what runs last, before the settings are locked. */
export async function openInstance(
  options: EngineOptions,
  lock: readonly string[] = [],
): Promise<DuckDBInstance> {
  keepByteOrderMarks()
  await mkdir(options.tempFolder, { recursive: true })
  removeAtExit(options.tempFolder)
  const instance = await DuckDBInstance.create(':memory:', {
    ...fixed,
    memory_limit: options.memory,
    threads: String(options.threads),
    temp_directory: options.tempFolder,
  })
  const connection = await Connection.open(instance)
  try {
    for (const setting of [...settings, ...lock, ...reachOf(options), 'SET lock_configuration = true'])
      await connection.run(setting)
    await connection.close()
    return instance
  } catch (error) {
    await connection.close()
    instance.closeSync()
    await rm(options.tempFolder, { recursive: true, force: true })
    throw error
  }
}

/** Files outside are refused by DuckDB itself, also behind links: should a query ever pass the gate that it must not. */
function reachOf({ reach, tempFolder }: EngineOptions): string[] {
  if (!reach) return []
  return [
    `SET allowed_directories = ${quoteTexts([...reach, tempFolder])}`,
    'SET enable_external_access = false',
  ]
}
