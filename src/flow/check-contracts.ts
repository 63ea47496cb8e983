import { caseClashes, columnNameFault, segmentFault, tableNameFault } from '../base/names.ts'
import type { Place, Problem } from '../base/problem.ts'
import type { DeclaredColumn, DeclaredSource, DeclaredTable } from '../contract/spec.ts'
import { sourceProblems } from './check-source.ts'
import { checkDataChecks, missing } from './check-data-checks.ts'
import { checkPartitionBy } from './check-partition-by.ts'
import type { DeclaredFlow, DeclaredStep } from './declared.ts'

/**
 * Checks the contracts of a flow by themselves: names, keys, checks, references and folders. Whether tables
 * and readers fit together is for `resolveFlow`. Each contract is looked at once, however often it is used.
 */
export function checkFlowContracts(flow: DeclaredFlow, problems: Problem[]): void {
  const tables = new Map<string, DeclaredTable>()
  const sources = new Map(flow.sources.map((source) => [source.name, source]))
  for (const table of flow.external) tables.set(contractKey(table), table)
  for (const step of flow.steps) {
    // A delivery has no code: its handles are names of tables.
    if (step.kind !== 'deliver') checkHandles(step, problems)
    for (const { kind, origin } of step.inputs) {
      if (kind === 'table') tables.set(contractKey(origin), origin as DeclaredTable)
      else sources.set(origin.name, origin as DeclaredSource)
    }
    for (const { table } of step.outputs) tables.set(contractKey(table), table)
  }
  for (const source of sources.values()) checkSource(source, problems)
  for (const table of tables.values()) checkTable(table, [...tables.values()], problems)
}

/** Readers may declare a table in their own words, so that a name alone is not enough. */
function contractKey(table: { readonly name: string; readonly where?: Place }): string {
  return JSON.stringify([table.name, table.where ?? null])
}

function checkHandles(step: DeclaredStep, problems: Problem[]): void {
  for (const [word, handles] of [
    ['input', step.inputs],
    ['output', step.outputs],
  ] as const) {
    const names = handles.map(({ handle }) => handle)
    const start = `step '${step.name}': the ${word}`
    for (const name of names) {
      const fault = segmentFault(name)
      if (fault === undefined) continue
      problems.push({
        code: 'contract/name-invalid',
        message: `${start} '${name}' ${fault}`,
        where: step.where,
      })
    }
    for (const [one, other] of caseClashes(names)) {
      const message = `${start}s '${one}' and '${other}' differ in the case of letters only`
      problems.push({ code: 'contract/name-clash', message, where: step.where })
    }
  }
}

function checkSource(source: DeclaredSource, problems: Problem[]): void {
  checkColumns(`source '${source.name}'`, source.columns, source.where, problems)
  problems.push(...sourceProblems(source))
}

function checkTable(table: DeclaredTable, known: readonly DeclaredTable[], problems: Problem[]): void {
  const { where } = table
  const title = `table '${table.name}'`
  const fault = tableNameFault(table.name)
  if (fault !== undefined)
    problems.push({ code: 'contract/name-invalid', message: `${title} ${fault}`, where })
  checkColumns(title, table.columns, where, problems)
  const names = table.columns.map((column) => column.name)
  for (const name of table.key) {
    if (!names.includes(name))
      problems.push(missing(`${title}: its key names the column '${name}'`, name, names, where))
  }
  checkPartitionBy(table, problems)
  checkDataChecks(table, known, problems)
  checkFolder(table, problems)
}

function checkColumns(
  title: string,
  columns: readonly DeclaredColumn[],
  where: Place | undefined,
  problems: Problem[],
): void {
  if (columns.length === 0) {
    problems.push({ code: 'contract/option-invalid', message: `${title} has no columns`, where })
  }
  for (const { name } of columns) {
    const fault = columnNameFault(name)
    if (fault === undefined) continue
    problems.push({
      code: 'contract/name-invalid',
      message: `${title}: the column '${name}' ${fault}`,
      where,
    })
  }
  for (const [one, other] of caseClashes(columns.map(({ name }) => name))) {
    const message = `${title}: the columns '${one}' and '${other}' differ in the case of letters only`
    problems.push({ code: 'contract/name-clash', message, where })
  }
}

function checkFolder({ name, path, where }: DeclaredTable, problems: Problem[]): void {
  const fault = path
    ?.split('/')
    .map(segmentFault)
    .find((found) => found !== undefined)
  if (fault === undefined) return
  const message = `table '${name}': its path '${path ?? ''}' ${fault}`
  problems.push({ code: 'contract/option-invalid', message, where, hint: 'a path is folders joined by /' })
}
