import { flow, notebook, table, t } from '../../../src/index.ts'
import { clean, files, ingest, plain, raw, report, revenue, trips, tuned } from './shared.ts'

/** Chains that must compile. */

export const whole = flow('whole')
  .source(files)
  .step(ingest)
  .step(clean, { args: { max: 1 } })
  .step(report)

const own = notebook({
  name: 'own',
  inputs: { trips: table('silver.trips', { fare: t.decimal(10, 2) }) },
  run() {},
})
export const ownExpectation = whole.step(own)

const nullableReader = notebook({
  name: 'nullableReader',
  inputs: { raw: table('bronze.raw', { id: t.bigint().nullable() }) },
  run() {},
})
export const notNullIsReadAsNullable = flow('x').source(raw).step(nullableReader)

export const everyArg = flow('x')
  .step(tuned)
  .step(tuned, {
    name: 'second',
    timeout: '1m',
    args: { zones: [1, 2], mode: 'exact', day: new Date(0), deep: { names: ['a'] } },
  })

const given = { max: 3 }
export const argsFromAVariable = flow('x').source(raw).step(clean, { args: given })

export const rebound = flow('x')
  .source(files)
  .step(ingest, { outputs: { raw: 'bronze.other' } })
  .step(clean, {
    name: 'again',
    args: { max: 1 },
    inputs: { raw: table('bronze.other', raw.columns) },
    outputs: { trips: { name: 'silver.again', path: 'silver/again' } },
  })
  .step(report, { inputs: { trips: table('silver.again', trips.columns) } })

export const tableOfAnotherFlow = flow('x').source(trips).step(report)

const inner = flow('inner').source(trips).step(report)
const afterInner = notebook({ name: 'afterInner', inputs: { revenue }, run() {} })
export const flowInAFlow = flow('outer').source(trips).step(inner, { name: 'part' }).step(afterInner)

const optionalReader = notebook({ name: 'optionalReader', inputs: { raw: raw.optional() }, run() {} })
export const optionalAndAbsent = flow('x').step(optionalReader)
export const optionalAndThere = flow('x').source(raw.optional()).step(optionalReader)

export const withoutArgs = flow('x').step(plain, { args: {} })
