// Loaded by `node --import` before the command line: dies at the n-th call by which a file of a landing is moved, or
// moves files in a way that loses them. SLUICE_TEST_LANDING says which, as JSON: `{ "dieAt": 2 }` or `{ "wrong": true }`.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const { dieAt, wrong } = JSON.parse(process.env.SLUICE_TEST_LANDING ?? '{}')
delete process.env.SLUICE_TEST_LANDING
delete process.env.NODE_OPTIONS
const real = { link: fs.linkSync, unlink: fs.unlinkSync }
let calls = 0

function counted(name, file, work) {
  const moved = String(file).endsWith('.csv')
  if (moved && ++calls === dieAt) {
    process.kill(process.pid, 'SIGKILL')
    for (;;);
  }
  return work()
}

fs.linkSync = (from, to) => {
  // The variant: a move over whatever is there, by name alone.
  if (wrong && String(to).endsWith('.csv'))
    return fs.copyFileSync(from, String(to).replace(/[^/]*\.csv$/, 'x.csv'))
  return counted('link', to, () => real.link(from, to))
}
fs.unlinkSync = (file) => counted('unlink', file, () => real.unlink(file))
syncBuiltinESMExports()
