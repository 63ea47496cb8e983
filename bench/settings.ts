import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'

/** The settings of the engine host, for DuckDB alone: same threads, memory and order of rows. */
export function duckDbSettings(folder: string): { readonly [name: string]: string } {
  return {
    threads: String(availableParallelism()),
    memory_limit: `${Math.floor((totalmem() * 0.35) / 1e6)}MB`,
    temp_directory: join(folder, 'tmp'),
    preserve_insertion_order: 'false',
  }
}
