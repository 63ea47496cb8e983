import { rmSync } from 'node:fs'
import { errnoOf } from '../../storage/fault.ts'

const connections = new Set<{ interrupt(): void }>()
const folders = new Set<string>()

/**
 * A process that exits while a query runs in it waits for the threads of that query, for ever if it has no end.
 * So what runs is interrupted first, and what it spilled is removed.
 */
process.once('exit', () => {
  for (const connection of connections) connection.interrupt()
  for (const folder of folders) removeNow(folder)
})

/** The connection is interrupted should this process exit. Gives what ends that. */
export function interruptAtExit(connection: { interrupt(): void }): () => void {
  connections.add(connection)
  return () => void connections.delete(connection)
}

/** The folder is removed should this process exit. */
export function removeAtExit(folder: string): void {
  folders.add(folder)
}

function removeNow(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true })
  } catch (error) {
    // A thread that is not yet interrupted writes into it: a later run removes it.
    if (errnoOf(error) === undefined) throw error
  }
}
