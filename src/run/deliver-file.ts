import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import type { FileSink } from '../contract/sink.ts'
import type { DeclaredTable } from '../contract/spec.ts'
import type { Exported, ExportFormat } from '../engine/export.ts'
import type { DeclaredInput } from '../flow/declared.ts'
import type { StepFindings } from '../freshness/findings.ts'
import type { Delivered } from '../freshness/target-files.ts'
import { noVersion } from './no-version.ts'
import { putFile } from './put-file.ts'
import type { RunScope } from './scope.ts'

/** A delivery that is under way. */
export interface Delivering {
  readonly scope: RunScope
  readonly findings: StepFindings
  readonly signal: AbortSignal
}

/** Writes a table into a file beside, and puts it in the place of the old one. */
export async function deliverFile(delivering: Delivering, to: FileSink): Promise<Delivered> {
  const { workspace } = delivering.scope
  const [input] = delivering.findings.step.inputs
  if (!input) throw new Error('a delivery without a table')
  const exported = await exportTable(delivering, input, formatOf(to, input.name))
  delivering.signal.throwIfAborted()
  putFile(workspace, exported.path, to.file)
  return { target: to.file, rows: exported.rows, files: { [to.file]: exported.hash } }
}

function formatOf(to: FileSink, table: string): ExportFormat {
  if (to.kind === 'excel') return { kind: 'excel', sheet: to.sheet ?? sheetName(table) }
  const { file: _file, ...format } = to
  return format
}

/** Names of sheets are short, and leave out some characters (Microsoft, "Rename a worksheet"). */
function sheetName(table: string): string {
  return table.replace(/[\\/?*[\]:]/g, '_').slice(0, 31)
}

/** Writes the head of a table into a file of no use after the run. */
export async function exportTable(
  delivering: Delivering,
  input: DeclaredInput,
  format: ExportFormat,
): Promise<Exported & { readonly path: string }> {
  const { step, state } = delivering.findings
  const head = state.heads.get(input.name)
  if (!head) throw noVersion(step, input.name, state.env)
  const files = await delivering.scope.workspace.lake.headFiles(input.name, head)
  return exportFiles(delivering, input, files, format)
}

/** The same for some of its rows. They are in the order of its key, so that equal tables give equal files. */
export async function exportFiles(
  { scope, findings, signal }: Delivering,
  { name, columns, origin }: DeclaredInput,
  files: readonly string[],
  format: ExportFormat,
): Promise<Exported & { readonly path: string }> {
  const { step } = findings
  const folder = scope.pool.tempFolder()
  await mkdir(folder, { recursive: true })
  const to = path.join(folder, 'rows')
  const there = new Set(columns.map((column) => column.name))
  // A database keeps rows in no order.
  const sorted = format.kind === 'exchange' ? [] : (origin as DeclaredTable).key
  const order = sorted.filter((column) => there.has(column))
  const request = { table: name, files, columns, order, format, to }
  const { memory, threads } = step.limits
  const share = (memory ?? threads) !== undefined && { share: { memory, threads } }
  const options = { signal, by: step.name, ...share, again: async () => rm(to, { force: true }) }
  return { ...(await scope.pool.engines.ask('export', { request }, options)), path: to }
}
