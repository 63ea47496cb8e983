import { openStorage } from '../../src/storage/config.ts'
import type { StorageConfig } from '../../src/storage/config.ts'

// As a process: creates the same keys as others do, when it is told to, and sends the numbers of those it won.
const [config = '', writer = '', keys] = process.argv.slice(2)
const storage = await openStorage(JSON.parse(config) as StorageConfig)
process.once('message', () => void race().then((won) => process.send?.(won, () => process.disconnect())))
process.send?.('ready')

/** Half of the writers begin at the end: however fast one of them is, it does not win every key. */
async function race(): Promise<number[]> {
  const won: number[] = []
  const numbers = Array.from({ length: Number(keys) }, (_, i) => i)
  for (const number of Number(writer) % 2 === 0 ? numbers : numbers.toReversed()) {
    if (await storage.putIfAbsent(`log/${number}`, Buffer.from(writer))) won.push(number)
  }
  await storage.close()
  return won
}
