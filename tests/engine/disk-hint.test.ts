import { expect, it } from 'vitest'
import { diskHint } from '../../src/engine/duckdb/disk-hint.ts'

it.each([
  [
    'IO',
    'Could not write file "/a/part-0.parquet": No space left on device',
    'storage/unavailable',
    'free some space',
  ],
  ['IO', 'Could not fsync file "/a/b": Input/output error', 'storage/unavailable', 'check the disk'],
  ['IO', 'Cannot open file "/a/b": Too many open files', 'storage/unavailable', 'ulimit -n'],
  ['Out of Memory', 'failed to offload data block of size 96.0 KiB', 'step/memory', '.sluice/tmp'],
])('tells a fault of the disk from one of the query: %s, %s', (type, message, code, hint) => {
  expect(diskHint({ type, message })).toEqual({ code, hint: expect.stringContaining(hint) as string })
})

it.each([
  ['IO', 'No files found that match the pattern "/a/b.csv"'],
  ['Conversion', "Could not convert string 'No space left on device' to INT32"],
  ['Out of Memory', 'could not allocate block of size 256.0 KiB'],
])('leaves the others: %s, %s', (type, message) => {
  expect(diskHint({ type, message })).toBeUndefined()
})
