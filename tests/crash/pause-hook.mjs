// Loaded by `node --import` before the command line: the process waits at chosen moments, before or after a file is
// renamed or linked, or a statement is given to a database, until the test lets it go on. SLUICE_TEST_PAUSE says
// which, as JSON: `[{ "at": "before rename n.csv", "file": "/tmp/…/one" }]`, `at` a regular expression. It makes
// `<file>.there` and waits for `<file>.go`. Each happens once.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const pauses = JSON.parse(process.env.SLUICE_TEST_PAUSE ?? '[]')
delete process.env.SLUICE_TEST_PAUSE
delete process.env.NODE_OPTIONS
const real = { ...fs, promises: { ...fs.promises } }
const log = process.env.SLUICE_TEST_PAUSE_LOG

function moment(name) {
  if (log !== undefined) real.appendFileSync(log, `${name}\n`)
  const at = pauses.findIndex((pause) => new RegExp(pause.at).test(name))
  if (at < 0) return
  const [{ file }] = pauses.splice(at, 1)
  real.writeFileSync(`${file}.there`, '')
  // The whole process stands still: nothing else of it can happen in between.
  while (!real.existsSync(`${file}.go`)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
}

/** The end of a path: folders that are held have no names. */
const short = (file) => String(file).split('/').slice(-3).join('/')

for (const call of ['renameSync', 'linkSync']) {
  fs[call] = (from, to) => {
    moment(`before ${call.slice(0, -4)} ${short(to)}`)
    real[call](from, to)
    moment(`after ${call.slice(0, -4)} ${short(to)}`)
  }
}
for (const call of ['rename', 'link']) {
  fs.promises[call] = async (from, to) => {
    moment(`before ${call} ${short(to)}`)
    await real.promises[call](from, to)
    moment(`after ${call} ${short(to)}`)
  }
}
syncBuiltinESMExports()

/** A statement without its values. */
const statement = (sql) => sql.replace(/\s+/g, ' ').slice(0, 80)

const { default: pg } = await import('pg')
/** @type {(this: unknown, ...given: unknown[]) => Promise<unknown>} */
const ask = Object.getOwnPropertyDescriptor(pg.Client.prototype, 'query').value
pg.Client.prototype.query = function (first, ...rest) {
  const sql = typeof first === 'string' ? first : first?.text
  if (typeof sql === 'string' && typeof first?.submit !== 'function') moment(`before ${statement(sql)}`)
  return ask.call(this, first, ...rest)
}

const { default: Libsql } = await import('libsql')
const exec = Object.getOwnPropertyDescriptor(Libsql.prototype, 'exec').value
Libsql.prototype.exec = function (sql) {
  moment(`before ${statement(sql)}`)
  return exec.call(this, sql)
}
