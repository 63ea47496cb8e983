import { rm } from 'node:fs/promises'
import { ProblemError } from '../../base/problem.ts'
import type { SourceFormat } from '../../contract/source-forms.ts'
import type { EngineOptions } from '../engine.ts'
import { Connection } from './connection.ts'
import { csvFacts } from './csv-facts.ts'
import { factsOf, readBy, type Examined, type FileFacts } from './file-relation.ts'
import { openInstance } from './instance.ts'
import { quoteText } from './sql-text.ts'

/**
 * Finds names, types and NULLs of all columns of some files, and the dialect of CSV files, from all rows: a
 * sample would miss the one value that is no number. CSV is read leniently, because a file that mixes line ends
 * (the sample of New York's taxis does) is refused otherwise.
 *
 * @param files absolute paths
 * @throws ProblemError `source/format` or `source/encoding` when they cannot be read
 */
export async function fileFacts(
  files: readonly [string, ...string[]],
  format: SourceFormat,
  options: EngineOptions,
): Promise<FileFacts> {
  const instance = await openInstance(options)
  const connection = await Connection.open(instance)
  try {
    const examined = { connection, files, format }
    if (format === 'csv') return await csvFacts(examined)
    if (format === 'parquet') return await factsOf(examined, readBy('read_parquet', examined))
    return await jsonFacts(examined)
  } finally {
    await connection.close()
    instance.closeSync()
    await rm(options.tempFolder, { recursive: true, force: true })
  }
}

/** Many files that are called `.json` hold one object a line. */
async function jsonFacts(examined: Examined): Promise<FileFacts> {
  if (examined.format === 'ndjson') return readJson(examined, 'newline_delimited')
  try {
    return await readJson(examined, 'array')
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error
    // The first message says more of a file that is neither.
    return readJson({ ...examined, format: 'ndjson' }, 'newline_delimited').catch(() => Promise.reject(error))
  }
}

function readJson(examined: Examined, format: 'array' | 'newline_delimited'): Promise<FileFacts> {
  return factsOf(examined, readBy('read_json', examined, { format: quoteText(format), sample_size: '-1' }))
}
