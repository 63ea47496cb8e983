import { flow, notebook, table, t } from '../../../src/index.ts'
import { clean, files, ingest, raw, report, tuned } from './shared.ts'

/** Each chain has one mistake about a table. */

export const notProduced = flow('x')
  .source(files)
  .step(ingest)
  // @ts-expect-error step 'report': input table 'silver.trips' is not produced by an earlier step nor declared as a source
  .step(report)

export const stepWithoutName = flow('x')
  // @ts-expect-error step that writes 'bronze.raw': input table 'raw/*.csv' is not produced by an earlier step nor declared as a source
  .step(ingest)

const wrongType = notebook({
  name: 'wrongType',
  inputs: { trips: table('silver.trips', { fare: t.double() }) },
  run() {},
})
const upstream = flow('x')
  .source(files)
  .step(ingest)
  .step(clean, { args: { max: 1 } })
// @ts-expect-error step 'wrongType': table 'silver.trips': column 'fare' is DECIMAL(10,2) upstream but DOUBLE is expected
export const otherType = upstream.step(wrongType)

const twoFaults = notebook({
  name: 'two',
  inputs: { raw: table('bronze.raw', { id: t.date(), nope: t.date() }) },
  run() {},
})
export const twoSentences = flow('x')
  .source(raw)
  // @ts-expect-error step 'two': table 'bronze.raw': column 'id' is BIGINT upstream but DATE is expected | step 'two': table 'bronze.raw': column 'nope' does not exist upstream
  .step(twoFaults)

const notNull = notebook({
  name: 'notNull',
  inputs: { raw: table('bronze.raw', { fare: t.double() }) },
  run() {},
})
export const nullableUpstream = flow('x')
  .source(raw)
  // @ts-expect-error step 'notNull': table 'bronze.raw': column 'fare' is DOUBLE NULL upstream but DOUBLE is expected
  .step(notNull)

const optionalWrong = notebook({
  name: 'optionalWrong',
  inputs: { raw: table('bronze.raw', { id: t.date() }).optional() },
  run() {},
})
export const optionalColumnsAreCompared = flow('x')
  .source(raw)
  // @ts-expect-error step 'optionalWrong': table 'bronze.raw': column 'id' is BIGINT upstream but DATE is expected
  .step(optionalWrong)

export const mayBeAbsent = flow('x')
  .source(raw.optional())
  // @ts-expect-error step 'clean': table 'bronze.raw' may be absent: read it with .optional()
  .step(clean, { args: { max: 1 } })

export const flowOptions = flow('x')
  // @ts-expect-error step: there is no option 'args'
  .step(flow('inner').step(tuned), { args: {} })
