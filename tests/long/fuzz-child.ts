import { writeSync } from 'node:fs'
import { faultOf, kinds } from './fuzz-case.ts'

/** Reads cases of one kind: `<name> <first seed> <count>`. Each is told on stdout when it begins, as is what is wrong. */
const [name = '', first = '0', count = '0'] = process.argv.slice(2)
for (let seed = Number(first); seed < Number(first) + Number(count); seed++) {
  writeSync(1, `at ${seed}\n`)
  const fault = await faultOf(name, seed)
  if (fault !== undefined) writeSync(1, `fault ${JSON.stringify({ seed, fault })}\n`)
}
writeSync(1, 'done\n')
await kinds[name]?.close?.()
process.exit(0)
