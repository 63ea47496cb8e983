import { flow, table, t } from '../../../src/index.ts'
import { clean, files, ingest, raw } from './shared.ts'

/** Each chain has one mistake about how a step binds its tables. */

export const nameIsGone = flow('x')
  .source(files)
  .step(ingest, { outputs: { raw: 'bronze.other' } })
  // @ts-expect-error step 'clean': input table 'bronze.raw' is not produced by an earlier step nor declared as a source
  .step(clean, { args: { max: 1 } })

export const boundToNothing = flow('x')
  .source(raw)
  // @ts-expect-error step 'clean': input table 'bronze.none' is not produced by an earlier step nor declared as a source
  .step(clean, { args: { max: 1 }, inputs: { raw: table('bronze.none', raw.columns) } })

const other = table('bronze.other', { id: t.bigint(), fare: t.date() })
export const boundToOtherColumns = flow('x')
  .source(other)
  // @ts-expect-error step 'c2': table 'bronze.other': column 'fare' is DATE upstream but DOUBLE NULL is expected
  .step(clean, { name: 'c2', args: { max: 1 }, inputs: { raw: other } })

export const unknownInput = flow('x')
  .source(raw)
  // @ts-expect-error step 'clean': there is no input 'rwa'
  .step(clean, { args: { max: 1 }, inputs: { rwa: raw } })

export const unknownOutput = flow('x')
  .source(raw)
  // @ts-expect-error step 'clean': there is no output 'trip'
  .step(clean, { args: { max: 1 }, outputs: { trip: 'silver.trips' } })

export const unknownOption = flow('x')
  .source(raw)
  // @ts-expect-error step 'clean': there is no option 'nmae'
  .step(clean, { args: { max: 1 }, nmae: 'c2' })
