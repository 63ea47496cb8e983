import { createHash } from 'node:crypto'
import fc, { type Arbitrary } from 'fast-check'
import { logText } from '../../src/cli/log.ts'
import { readCheckpoint } from '../../src/lake/checkpoint.ts'
import { openLake } from '../../src/lake/lake.ts'
import { entriesDown } from '../../src/lake/history.ts'
import { manifestsIn } from '../../src/lake/manifest.ts'
import { seal } from '../../src/lake/sealed.ts'
import { newestState } from '../../src/lake/state.ts'
import { stepCacheIn } from '../../src/lake/step-cache.ts'
import { plainPaint } from '../../src/report/paint.ts'
import { layout } from '../../src/storage/layout.ts'
import { memoryStorage } from '../../src/storage/memory.ts'
import { kind, type Kinds } from './kind.ts'
import { anyJson, mutated, replaced } from './texts.ts'

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

/** Reads a log as runs do, and as `sluice log` does. */
async function readLog(storage: ReturnType<typeof memoryStorage>): Promise<void> {
  const { commit } = await newestState(log(storage))
  const out = { width: 60, paint: plainPaint }
  for await (const each of entriesDown(log(storage), commit)) logText([each], { out })
}

/** The small objects of a lake. */
export const lakeKinds: Kinds = {
  manifests: kind(7000, sealedOf(manifest), (bytes) =>
    inStorage('m.json', bytes, (storage) => manifestsIn(storage).read('m.json')),
  ),
  'log entries': kind(7000, sealedOf(entry), (bytes) => inStorage(layout.log('dev', 1), bytes, readLog)),
  checkpoints: kind(5000, sealedOf(checkpoint), (bytes) =>
    inStorage(layout.checkpoint('dev', 1), bytes, (storage) => readCheckpoint(log(storage), 1)),
  ),
  'cached steps': kind(3500, sealedOf(cached), (bytes) =>
    inStorage(layout.step(fingerprint), bytes, (storage) => stepCacheIn(storage).get(fingerprint)),
  ),
  'sluice.json': kind(1000, sealedOf({ format: 1, id: 'x', createdAt: '2026-01-01T00:00:00Z' }), (bytes) =>
    inStorage(layout.lake, bytes, (storage) => openLake(storage, { create: false })),
  ),
}
