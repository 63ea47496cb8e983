import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { t } from '../../src/index.ts'
import { openRig, readAll, sourceInput, type Rig } from '../engine/kit.ts'
import { kind, type Kinds } from './kind.ts'

/** Bytes of CSV: fields, ends of lines, quotes and encodings in any order. */
const csv = fc
  .array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc
          .constantFrom(
            '1',
            'x',
            ',',
            '\n',
            '"',
            '""',
            '2020-01-01',
            ' ',
            ';',
            '\t',
            '\r\n',
            '\r',
            '1.5',
            "'",
            '-',
            'NULL',
          )
          .map((text) => Buffer.from(text)),
      },
      {
        weight: 1,
        arbitrary: fc
          .constantFrom('\0', '\ufeff', 'ü', '\u{1f600}', '\u2028', '\\')
          .map((text) => Buffer.from(text)),
      },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)) },
    ),
    { maxLength: 60 },
  )
  .map((all) => Buffer.concat(all))
const dialects = fc.record(
  {
    delimiter: fc.constantFrom(',', ';', '\t', '|'),
    quote: fc.constantFrom('"', "'"),
    header: fc.boolean(),
    skip: fc.nat(3),
    nulls: fc.constantFrom(['NULL'], ['', '-']),
    decimalSeparator: fc.constantFrom('.' as const, ',' as const),
  },
  { requiredKeys: [] },
)

let rig: Promise<Rig> | undefined
let folder: Promise<string> | undefined

async function readCsv({ bytes, dialect }: { bytes: Buffer; dialect: object }): Promise<void> {
  folder ??= mkdtemp(path.join(tmpdir(), 'sluice-fuzz-'))
  rig ??= openRig()
  const file = path.join(await folder, 'a.csv')
  await writeFile(file, bytes)
  const shape = { a: t.bigint().nullable(), b: t.varchar().nullable() }
  await readAll(await rig, sourceInput('raw', shape, [file], { dialect, extra: 'ignore' }))
}

async function closeCsv(): Promise<void> {
  await (await rig)?.close()
  if (folder) await rm(await folder, { recursive: true, force: true })
  rig = folder = undefined
}

/** Files of data, read by the engine. */
export const csvKinds: Kinds = {
  CSV: kind(1500, fc.record({ bytes: csv, dialect: dialects }), readCsv, closeCsv),
}
