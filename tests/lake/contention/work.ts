/**
 * The processes of `tests/long/contention.test.ts`: each says `ready`, works from `go` on, and sends what it did as
 * one message. Started as `node --import tsx work.ts <kind> <root> ...`.
 */
import { read } from './readers.ts'
import type { Kind } from './readers.ts'
import { write, writeTwins } from './writers.ts'
import type { How } from './writers.ts'

const [role, root = '', ...rest] = process.argv.slice(2)
let stop = false

function work(): Promise<unknown> {
  const [first = '', count = '', how = ''] = rest
  if (role === 'writer') return write(root, first, Number(count), how as How)
  if (role === 'twins') return writeTwins(root, Number(count), first === 'together')
  return read(root, first as Kind, () => stop)
}

process.on('disconnect', () => process.exit(1))
process.on('message', (message) => {
  if (message === 'stop') stop = true
  if (message === 'go') void work().then((report) => process.send?.(report, () => process.disconnect()))
})
process.send?.('ready')
