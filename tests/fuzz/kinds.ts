import fc from 'fast-check'
import { parseDuration } from '../../src/base/duration.ts'
import { columnNameFault, segmentFault, tableNameFault } from '../../src/base/names.ts'
import { fromWire, toWire, type Json } from '../../src/base/wire.ts'
import { renderQuery } from '../../src/contract/render.ts'
import { Sql } from '../../src/contract/sql.ts'
import { parseConfig } from '../../src/flow/project-config.ts'
import { parseYamlFlow } from '../../src/flow/yaml.ts'
import { parseTableRef } from '../../src/lake/table-ref.ts'
import { parseSize } from '../../src/base/size.ts'
import { parseStorageConfig } from '../../src/storage/config-form.ts'
import { csvKinds } from './csv.ts'
import { flowKinds } from './flow-kinds.ts'
import { kind, type Kinds } from './kind.ts'
import { lakeKinds } from './lake-objects.ts'
import { recordKinds } from './run-records.ts'
import { anyJson, mutated, oddNames } from './texts.ts'

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

/** What Sluice reads that somebody else may have written. Each read gives a value or a ProblemError. */
export const kinds: Kinds = {
  'sluice.yaml': kind(4000, yamlOf(settings), (text) => parseConfig(text, 'sluice.yaml')),
  'storage/*.yaml': kind(3500, yamlOf(storages), (text) => parseStorageConfig(text, 'local')),
  'flows/*.yaml': kind(4000, yamlOf(flows), (text) => parseYamlFlow(text, 'flows/x.yaml')),
  ...lakeKinds,
  ...recordKinds,
  ...flowKinds,
  ...csvKinds,
  'table references': kind(
    1000,
    mutated(['silver.trips', 'silver.trips@3', 'a@2026-01-01T00:00:00Z']),
    parseTableRef,
  ),
  'durations, sizes and names': kind(500, fc.oneof(mutated(['1h30m', '30s', '2GB']), oddNames), (text) => [
    parseDuration(text), parseSize(text), tableNameFault(text), segmentFault(text), columnNameFault(text),
  ]), // prettier-ignore
  'values on the wire': kind(250, anyJson, (json) => toWire(fromWire(json as Json))),
  'values in SQL': kind(250, anyJson, (json) => renderQuery(new Sql(['SELECT ', ''], [json as never]))),
}
