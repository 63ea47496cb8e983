import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Engine } from '../engine/engine.ts'

let opened: Promise<Engine> | undefined

/**
 * The one engine of this process: it takes 0.2 s to load, and a test milliseconds. It holds nothing open that
 * keeps a process alive, and ends with it.
 */
export function sharedEngine(): Promise<Engine> {
  opened ??= open()
  return opened
}

async function open(): Promise<Engine> {
  const { openDuckDb } = await import('../engine/duckdb/open.ts')
  // DuckDB spills here when the memory does not do; it stays empty for the rows of tests.
  const tempFolder = mkdtempSync(path.join(tmpdir(), 'sluice-test-'))
  process.once('exit', () => rmSync(tempFolder, { recursive: true, force: true }))
  // For few rows a second thread only costs: with two, a test takes a sixth longer.
  return openDuckDb({ memory: '1GB', threads: 1, tempFolder })
}
