import { open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { hashFile } from '../../src/base/file-hash.ts'
import { openStorage } from '../../src/storage/config.ts'
import type { StorageConfig } from '../../src/storage/config.ts'

/** What one process needed to publish a file and to read it back, in bytes of resident memory above its start. */
export interface Needed {
  readonly upload: number
  readonly download: number
  readonly hash: string
  readonly back: string
}

/** The most memory that this process ever held (`VmHWM` of proc_pid_status(5)). */
async function peak(): Promise<number> {
  const status = await readFile('/proc/self/status', 'utf8')
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) * 1024
}

async function main(config: StorageConfig, bytes: number): Promise<Needed> {
  const storage = await openStorage(config)
  // What the SDK needs to start is not counted.
  await storage.putIfAbsent('warm', Buffer.from('warm'))
  const folder = await storage.stage('tables/t/v1/')
  const piece = Buffer.alloc(1 << 20, 'sluice')
  const file = await open(join(folder, 'part-0.parquet'), 'w')
  for (let at = 0; at < bytes; at += piece.length) await file.write(piece)
  await file.close()
  const hash = await hashFile(join(folder, 'part-0.parquet'))
  const before = await peak()
  await storage.publish(folder, 'tables/t/v1/', ['part-0.parquet'])
  const between = await peak()
  await rm(join(config.project, '.sluice/cache'), { recursive: true })
  const path = await storage.localPath('tables/t/v1/part-0.parquet', { size: bytes, hash })
  const after = await peak()
  const back = await hashFile(path)
  await storage.close()
  return { upload: between - before, download: after - between, hash, back }
}

const [config = '', bytes] = process.argv.slice(2)
process.send?.(await main(JSON.parse(config) as StorageConfig, Number(bytes)))
process.disconnect()
