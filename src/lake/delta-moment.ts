import { problemsOf, type Problem } from '../base/problem.ts'
import { filesBefore } from './delta-before.ts'
import type { TableMoment } from './delta-moments.ts'
import { deltaSchema, type DeltaFault, type DeltaSchema } from './delta-schema.ts'
import { dataVersion, emptyVersion, refusedVersion } from './delta-version.ts'
import type { DeltaMoment, DeltaPlace, DeltaRefusal } from './delta-version.ts'
import { versionWriter, type VersionWriter } from './delta-writer.ts'
import type { Lake } from './lake.ts'
import type { Head, Manifest } from './types.ts'
import { layout, numberOf } from '../storage/layout.ts'

interface Done {
  readonly written: number
  readonly problems: readonly Problem[]
}

/**
 * Exports what happened to a table: one version in the log of the folder where it is now, and one in that of the
 * folder where it no longer is. Writes only what is absent.
 */
export async function exportMoment(lake: Lake, env: string, moment: TableMoment): Promise<Done> {
  const { table, head, before } = moment
  const from = before && rootOf(before)
  const to = head && rootOf(head)
  const writer = versionWriter(lake.storage)
  if (from !== undefined && from !== to) {
    const place = { lake, env, table, root: from }
    const why = head === undefined ? 'sluiceDropped' : 'sluiceMoved'
    await writer.put(place, moment.number, refusedVersion(place, await momentIn(lake, from, moment), why))
  }
  if (head !== undefined && to !== undefined) {
    const place = { lake, env, table, root: to }
    const version = await versionOf(lake, place, moment, head)
    if (from !== to) await fill(lake, place, moment, version.schema, writer)
    await writer.put(place, moment.number, version.text)
    return { written: writer.written(), problems: [...version.problems, ...writer.problems] }
  }
  return { written: writer.written(), problems: writer.problems }
}

/** A log begins at version 0 and has no gaps: what a folder lacks before a version is written first. */
async function fill(
  lake: Lake,
  place: DeltaPlace,
  moment: TableMoment,
  schema: DeltaSchema | undefined,
  writer: VersionWriter,
): Promise<void> {
  const there = new Set<number>()
  for await (const { key } of lake.storage.list(layout.deltaFolder(place.root)))
    there.add(numberOf(key) ?? -1)
  for (let number = 0; number < moment.number; number++) {
    if (there.has(number)) continue
    const missing = { ...moment, number, before: [] }
    const empty = number === 0 && schema ? emptyVersion(place, moment.at, schema) : undefined
    await writer.put(place, number, empty ?? refusedVersion(place, missing, 'sluiceMoved'))
  }
}

interface VersionText {
  readonly text: string
  readonly problems: readonly Problem[]
  readonly schema?: DeltaSchema
}

async function versionOf(
  lake: Lake,
  place: DeltaPlace,
  moment: TableMoment,
  head: Head,
): Promise<VersionText> {
  const here = await momentIn(lake, place.root, moment)
  const refused = (why: DeltaRefusal, problems: readonly Problem[] = []): VersionText => ({
    text: refusedVersion(place, here, why),
    problems,
  })
  const manifest = await manifestOf(lake, head)
  if (manifest === undefined) return refused('sluiceVersionDeleted')
  const schema = deltaSchema(manifest.columns)
  if (!('schema' in schema))
    return refused(
      'sluiceNotExportable',
      schema.map((fault) => typeProblem(place, fault)),
    )
  if (manifest.files.some(({ key }) => !key.startsWith(place.root)))
    return refused('sluiceNotExportable', [elsewhere(place)])
  return { text: dataVersion(place, here, head, manifest, schema), problems: [], schema }
}

/** The manifest, or undefined where a cleaning has deleted it or it is damaged. */
async function manifestOf(lake: Lake, head: Head): Promise<Manifest | undefined> {
  try {
    return await lake.manifests.read(head.manifest)
  } catch (error) {
    if (problemsOf(error)?.every(({ code }) => code === 'storage/corrupt')) return undefined
    throw error
  }
}

async function momentIn(
  lake: Lake,
  root: string,
  { number, commit, at, before }: TableMoment,
): Promise<DeltaMoment> {
  return { number, commit, at, before: await filesBefore(lake, root, before, number) }
}

/** The folder of the Delta table that a version belongs to: that of all versions of its table. */
function rootOf({ manifest }: Head): string {
  return manifest.split('/').slice(0, -2).join('/') + '/'
}

function typeProblem({ table }: DeltaPlace, { column, fault, hint }: DeltaFault): Problem {
  const message = `table '${table}' cannot be read as a Delta table: column '${column}' ${fault}`
  return { code: 'delta/type-unsupported', severity: 'warn', message, hint }
}

function elsewhere({ table }: DeltaPlace): Problem {
  const message = `table '${table}' cannot be read as a Delta table: it has files in folders of other tables`
  return {
    code: 'delta/type-unsupported',
    severity: 'warn',
    message,
    hint: 'read the files of `sluice path`',
  }
}
