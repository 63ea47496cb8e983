import { s3Server } from '../tests/storage/servers/s3.ts'

/** A process with a bucket whose every request takes some milliseconds more. It ends with the one that started it. */
const server = await s3Server({ latencyMs: Number(process.argv[2]) })
process.on('message', () => {
  process.send?.({ counts: Object.fromEntries(server.counts) })
  server.counts.clear()
})
process.once('disconnect', () => process.exit(0))
process.send?.({ url: server.url })
