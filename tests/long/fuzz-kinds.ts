import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc, { type Arbitrary } from 'fast-check'
import { z } from 'zod'
import { parseDuration } from '../../src/base/duration.ts'
import { columnNameFault, segmentFault, tableNameFault } from '../../src/base/names.ts'
import { fromWire, toWire, type Json } from '../../src/base/wire.ts'
import { renderQuery } from '../../src/contract/render.ts'
import { Sql } from '../../src/contract/sql.ts'
import { parseYamlFlow } from '../../src/flow/yaml.ts'
import { parseConfig } from '../../src/flow/project-config.ts'
import { resolveFlow } from '../../src/flow/resolve.ts'
import { selectSteps } from '../../src/flow/select-steps.ts'
import { describeFlow } from '../../src/flow/describe.ts'
import { chain } from '../../src/flow/flow.ts'
import { notebook, source, t, table, type Columns } from '../../src/index.ts'
import type { DeclaredFlow } from '../../src/flow/declared.ts'
import { openLake } from '../../src/lake/lake.ts'
import { readCheckpoint } from '../../src/lake/checkpoint.ts'
import { newestState } from '../../src/lake/state.ts'
import { manifestsIn } from '../../src/lake/manifest.ts'
import { seal } from '../../src/lake/sealed.ts'
import { stepCacheIn } from '../../src/lake/step-cache.ts'
import { parseTableRef } from '../../src/lake/table-ref.ts'
import { memorySize } from '../../src/run/memory.ts'
import { runEvents, summaryOf } from '../../src/run/lake-runs.ts'
import { layout } from '../../src/storage/layout.ts'
import { memoryStorage } from '../../src/storage/memory.ts'
import { parseStorageConfig } from '../../src/storage/config-form.ts'
import { openRig, readAll, sourceInput, type Rig } from '../engine/kit.ts'
import { anyJson, mutated, oddNames, replaced } from './fuzz-texts.ts'

/** One kind of input: how it is made, and what reads it. */
export interface Kind {
  /** How many cases of 50,000. */
  readonly share: number
  readonly cases: Arbitrary<unknown>
  readonly read: (input: never) => unknown
  readonly close?: () => Promise<void>
}

function kind<T>(
  share: number,
  cases: Arbitrary<T>,
  read: (input: T) => unknown,
  close?: () => Promise<void>,
): Kind {
  return { share, cases, read, ...(close && { close }) }
}

const yamlOf = (texts: readonly string[]) =>
  fc.oneof(
    { weight: 4, arbitrary: mutated(texts) },
    { weight: 1, arbitrary: anyJson.map((value) => JSON.stringify(value) ?? '') },
  )

const settings = [
  'env: dev\nstorage: local\nprotected: [prod]\nmemory: 2GB\nconcurrency: 4\ntimeout: 10m\n',
  'plugins: [./plugins/slack.ts]\nreports:\n  - junit=out/junit.xml\nretries: 3\n',
]
const storages = [
  'kind: local\nroot: ./lake\n',
  'kind: s3\nbucket: b\nprefix: p/\nregion: eu-central-1\naccessKeyId: ${env:KEY}\n',
]
const flows = [
  'name: taxi\ndescription: x\nsources:\n  - bronze/ingest#files\nsteps:\n  - notebook: silver/clean\n    name: clean\n    args: { maxFare: 300 }\n    inputs: { raw: bronze/ingest#trips }\n  - flow: other\n',
  'publish: run\nsteps:\n  - notebook: a\n    timeout: 10m\n    retries: 2\n',
]

const hash = 'a'.repeat(64)
const manifest = {
  format: 1, table: 'a.b', version: 'v1', notebook: 'notebooks/x.ts', fingerprint: hash, createdAt: '2026-01-01T00:00:00Z',
  engine: 'duckdb', columns: [{ name: 'n', type: 'BIGINT', nullable: false }], key: ['n'], rows: 1, bytes: 10,
  files: [{ key: 'tables/x/part-0.parquet', bytes: 10, rows: 1, hash }], stats: { n: { nulls: 0, min: '1', max: '1' } },
} // prettier-ignore
const head = {
  version: 'v1', seq: 1, commit: 1, manifest: 'tables/x/v1/manifest.json', notebook: 'notebooks/x.ts', fingerprint: 'f', rows: 1,
  bytes: 10, files: [{ key: 'tables/x/part-0.parquet', bytes: 10 }],
} // prettier-ignore
const record = {
  step: 's', flow: 'f', notebook: 'notebooks/x.ts', fingerprint: 'f', parts: { code: 'c' }, args: {}, outputs: { 'a.b': 'v1' },
  computedAt: '2026-01-01T00:00:00Z', run: 'r', commit: 1,
} // prettier-ignore
const changes = { heads: { 'a.b': head }, steps: { s: record } }
const entry = {
  format: 1, number: 1, id: 'c1', parent: null, at: '2026-01-01T00:00:00Z', kind: 'publish', run: 'r', env: 'dev', step: 's',
  ...changes, checkpoint: 0, since: changes,
} // prettier-ignore
const checkpoint = { format: 1, commit: 1, env: 'dev', ...changes, gone: {} }
const fingerprint = 'ab'.repeat(16)
const cached = {
  format: 1,
  fingerprint,
  outputs: { 'a.b': { manifest: 'm', version: 'v1' } },
  computedAt: '2026-01-01T00:00:00Z',
  result: 1,
}

/** Sealed bytes: of the object as it is, of what its text became, or with a bit that flipped. */
const sealedOf = (value: object): Arbitrary<Uint8Array> =>
  fc.oneof(
    { weight: 3, arbitrary: replaced(value).map(sealed) },
    { weight: 1, arbitrary: anyJson.map((any) => sealed({ any })) },
    {
      weight: 1,
      arbitrary: mutated(
        [JSON.stringify(value)],
        fc.constantFrom('{', '}', '"', ',', '[', '\0', '1e999'),
      ).map(resealed),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.nat(4000), fc.nat(7)).map(([at, bit]) => flipped(sealed(value), at, bit)),
    },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
  )

function sealed(value: object): Uint8Array {
  return Object.keys(value).length === 0 ? Buffer.from('{}') : seal(value)
}

/** A text that need not be JSON, with a checksum that is right. */
function resealed(text: string): Uint8Array {
  const template = Buffer.from(seal({ a: 1 })).toString()
  const body = text.endsWith('}') ? text : `${text}}`
  const sum = createHash('sha256').update(body).digest('hex')
  return Buffer.from(
    `${body.slice(0, -1)}${template.slice(template.indexOf(',"checksum"')).replace(/[0-9a-f]{64}/, sum)}`,
  )
}

function flipped(bytes: Uint8Array, at: number, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  const place = at % copy.length
  copy[place] = (copy[place] ?? 0) ^ (1 << bit)
  return copy
}

async function inStorage<T>(
  key: string,
  bytes: Uint8Array,
  read: (storage: ReturnType<typeof memoryStorage>) => Promise<T>,
) {
  const storage = memoryStorage()
  await storage.put(key, bytes)
  return read(storage)
}

const log = (storage: ReturnType<typeof memoryStorage>) => ({ storage, env: 'dev' })

/** What a notebook can declare as args. */
const schemas = [
  z.object({
    n: z.number(),
    s: z.string().default('x'),
    b: z.boolean().optional(),
    e: z.enum(['a', 'b']).default('a'),
  }),
  z.object({
    list: z.array(z.int()).default([]),
    when: z.iso.date().optional(),
    deep: z.object({ a: z.bigint() }).optional(),
  }),
  z.strictObject({
    any: z.union([z.number(), z.string(), z.null()]),
    r: z.record(z.string(), z.number()).default({}),
  }),
]

function describeWith(schema: z.ZodType, args: unknown, overrides: Record<string, string>): unknown {
  const out = table('a.out', { n: t.bigint() })
  const made = notebook({
    name: 'one',
    outputs: { out },
    args: schema,
    select: { out: () => new Sql(['SELECT 1 AS n'], []) },
  })
  const flow = chain<never>('main', {}, [{ kind: 'step', of: made, settings: { args } as never }], undefined)
  return describeFlow(flow, {
    projectRoot: '/project',
    fileOf: () => 'notebooks/one.ts',
    overrides,
    processEnv: {},
  })
}

const names = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('a.x', 'a.y', 'b.x', 'A.x', 'c') },
  { weight: 1, arbitrary: oddNames },
)
const columns = fc.dictionary(
  fc.oneof(fc.constantFrom('id', 'ID', 'n'), oddNames),
  fc.constantFrom(t.bigint(), t.varchar(), t.date()),
  {
    minKeys: 1,
    maxKeys: 4,
  },
)

/** A flow of notebooks that read and write tables of any names, in any order. */
const anyFlow = fc.array(
  fc.tuple(names, fc.array(names, { maxLength: 3 }), fc.array(names, { maxLength: 2 }), columns),
  { maxLength: 8 },
)

function resolveAny(
  steps: readonly (readonly [string, readonly string[], readonly string[], Columns])[],
): DeclaredFlow | undefined {
  const links = steps.map(([name, reads, writes, shape]) => {
    const tables = (list: readonly string[]) =>
      Object.fromEntries(list.map((each, at) => [`h${at}`, table(each, shape)]))
    const made = notebook({ name, inputs: tables(reads), outputs: tables(writes), run: () => undefined })
    return { kind: 'step' as const, of: made as never, settings: {} }
  })
  const raw = source.csv('x.csv', { columns: { n: t.bigint() } })
  const flow = chain<never>('main', {}, [{ kind: 'source', input: raw as never }, ...links], undefined)
  const fileOf = (one: { readonly name?: string }) => `notebooks/${one.name ?? 'x'}.ts`
  const { flow: declared } = describeFlow(flow, {
    projectRoot: '/project',
    fileOf,
    overrides: {},
    processEnv: {},
  })
  if (declared) resolveFlow(declared)
  return declared
}

const planned = resolveFlow(
  describeFlow(
    chain<never>(
      'main',
      {},
      ['a', 'b', 'c'].map((name) => ({
        kind: 'step' as const,
        of: notebook({
          name: name.repeat(60),
          outputs: { o: table(`t.${name}`, { n: t.bigint() }) },
          run: () => undefined,
        }) as never,
        settings: {},
      })),
      undefined,
    ),
    {
      projectRoot: '/project',
      fileOf: ({ name = 'x' }) => `notebooks/${name}.ts`,
      overrides: {},
      processEnv: {},
    },
  ).flow!,
).plan!

const patterns = fc.oneof(
  fc
    .array(fc.constantFrom('a', '*', '**', '?', '+', 'tag:', '.', '/', '[', '(', '\\', '{', 'b', '$', '^'), {
      maxLength: 40,
    })
    .map((all) => all.join('')),
  fc.string({ unit: 'binary', maxLength: 20 }),
)

const events = ['run-started', 'step-started', 'step-printed', 'data-checked', 'step-finished', 'run-finished', 'notice'].map((event) => ({
  event, at: '2026-01-01T00:00:00Z', run: 'r', flow: 'f', env: 'dev', storage: 's', steps: ['s'], step: 's', notebook: 'n', reasons: [{ word: 'forced' }],
  attempt: 1, stream: 'stdout', text: 'x', table: 'a.b', check: 'c', severity: 'warn', outcome: 'ran', rows: 1, tables: [], problems: [], ms: 1,
  level: 'warn', message: 'm', counts: { ran: 1 }, ok: true,
})) // prettier-ignore

async function readRun(text: string): Promise<void> {
  const lake = await openLake(memoryStorage())
  const run = lake.runs.newId()
  await lake.runs.put(run, 'events.jsonl', text)
  await runEvents(lake, run)
  await summaryOf(lake, run)
}

const eventLines = fc
  .array(fc.oneof(fc.constantFrom(...events).chain(replaced), fc.constantFrom(...events), anyJson), {
    maxLength: 6,
  })
  .map((all) => all.map((each) => JSON.stringify(each) ?? '').join('\n'))

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
}

const dictionary = fc.dictionary(
  fc.oneof(fc.constantFrom('n', 's', 'list', 'any', 'deep', 'b'), oddNames),
  fc.oneof(
    oddNames,
    fc.string({ maxLength: 10 }),
    anyJson.map((json) => JSON.stringify(json) ?? ''),
  ),
  { maxKeys: 4 },
)

/** What Sluice reads that somebody else may have written. Each read gives a value or a ProblemError. */
export const kinds: { readonly [name: string]: Kind } = {
  'sluice.yaml': kind(8000, yamlOf(settings), (text) => parseConfig(text, 'sluice.yaml')),
  'storage/*.yaml': kind(6000, yamlOf(storages), (text) => parseStorageConfig(text, 'local')),
  'flows/*.yaml': kind(8000, yamlOf(flows), (text) => parseYamlFlow(text, 'flows/x.yaml')),
  'declared flows': kind(4500, anyFlow, resolveAny),
  manifests: kind(3000, sealedOf(manifest), (bytes) =>
    inStorage('m.json', bytes, (storage) => manifestsIn(storage).read('m.json')),
  ),
  'log entries': kind(3000, sealedOf(entry), (bytes) =>
    inStorage(layout.log('dev', 1), bytes, (storage) => newestState(log(storage))),
  ),
  checkpoints: kind(2000, sealedOf(checkpoint), (bytes) =>
    inStorage(layout.checkpoint('dev', 1), bytes, (storage) => readCheckpoint(log(storage), 1)),
  ),
  'cached steps': kind(2000, sealedOf(cached), (bytes) =>
    inStorage(layout.step(fingerprint), bytes, (storage) => stepCacheIn(storage).get(fingerprint)),
  ),
  'sluice.json': kind(500, sealedOf({ format: 1, id: 'x', createdAt: '2026-01-01T00:00:00Z' }), (bytes) =>
    inStorage(layout.lake, bytes, (storage) => openLake(storage, { create: false })),
  ),
  'events of runs': kind(2000, eventLines, readRun),
  args: kind(2500, fc.tuple(fc.constantFrom(...schemas), anyJson), ([schema, args]) =>
    describeWith(schema, args, {}),
  ),
  '--arg': kind(2500, fc.tuple(fc.constantFrom(...schemas), dictionary), ([schema, args]) =>
    describeWith(schema, { n: 1, any: 1 }, args),
  ),
  selections: kind(1500, patterns, (pattern) => selectSteps(planned, [pattern])),
  'table references': kind(
    1000,
    mutated(['silver.trips', 'silver.trips@3', 'a@2026-01-01T00:00:00Z']),
    parseTableRef,
  ),
  'durations, sizes and names': kind(1000, fc.oneof(mutated(['1h30m', '30s', '2GB']), oddNames), (text) => [
    parseDuration(text), memorySize(text), tableNameFault(text), segmentFault(text), columnNameFault(text),
  ]), // prettier-ignore
  'values on the wire': kind(1000, anyJson, (json) => toWire(fromWire(json as Json))),
  'values in SQL': kind(500, anyJson, (json) => renderQuery(new Sql(['SELECT ', ''], [json as never]))),
  CSV: kind(1000, fc.record({ bytes: csv, dialect: dialects }), readCsv, closeCsv),
}
