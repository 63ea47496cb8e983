// Loaded by `node --import` before the command line: the process dies at one moment of a delivery, before or after a
// statement to a database, a rename, or a commit of the lake. SLUICE_DELIVER_HOOK says which, as JSON. `wrong` makes
// Sluice what it must not be: the ledger is written in a transaction of its own, behind that of the rows.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const { log, at = 0, wrong = false } = JSON.parse(process.env.SLUICE_DELIVER_HOOK ?? '{}')
delete process.env.SLUICE_DELIVER_HOOK
delete process.env.NODE_OPTIONS
const append = fs.appendFileSync
let count = 0

function moment(name) {
  count += 1
  if (log !== undefined) append(log, `${name}\n`)
  if (count !== at) return
  process.kill(process.pid, 'SIGKILL')
  // The signal is on its way.
  for (;;);
}

/** A statement without its values, for people. */
const short = (sql) => sql.replace(/\s+/g, ' ').slice(0, 50)
const isLedger = (sql) => /DELETE FROM .*sluice_deliveries/.test(sql)

const { default: pg } = await import('pg')
/** @type {(this: unknown, ...given: unknown[]) => Promise<unknown>} */
const ask = Object.getOwnPropertyDescriptor(pg.Client.prototype, 'query').value
pg.Client.prototype.query = function (first, ...rest) {
  const sql = typeof first === 'string' ? first : typeof first?.text === 'string' ? first.text : undefined
  // Streams of COPY come as objects of their own.
  if (sql === undefined || typeof first?.submit === 'function') return ask.call(this, first, ...rest)
  const asked = async () => {
    if (wrong && isLedger(sql)) {
      await ask.call(this, 'COMMIT')
      moment('between the transactions')
      await ask.call(this, 'BEGIN')
    }
    moment(`before ${short(sql)}`)
    const result = await ask.call(this, first, ...rest)
    moment(`after ${short(sql)}`)
    return result
  }
  return asked()
}

const { default: Libsql } = await import('libsql')
const exec = Object.getOwnPropertyDescriptor(Libsql.prototype, 'exec').value
const prepare = Object.getOwnPropertyDescriptor(Libsql.prototype, 'prepare').value
Libsql.prototype.exec = function (sql) {
  moment(`before ${short(sql)}`)
  const result = exec.call(this, sql)
  moment(`after ${short(sql)}`)
  return result
}
Libsql.prototype.prepare = function (sql) {
  if (wrong && isLedger(sql)) {
    exec.call(this, 'COMMIT')
    moment('between the transactions')
    exec.call(this, 'BEGIN IMMEDIATE')
  }
  moment(`before ${short(sql)}`)
  return prepare.call(this, sql)
}

const { renameSync, promises } = fs
const { link } = promises
fs.renameSync = (from, to) => {
  moment('before a rename')
  renameSync(from, to)
  moment('after a rename')
}
promises.link = async (from, to) => {
  moment('before a link')
  await link(from, to)
  moment('after a link')
}
syncBuiltinESMExports()
