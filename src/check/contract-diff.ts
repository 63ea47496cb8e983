import type { DeclaredTable } from '../contract/spec.ts'
import { diffChecks } from './check-diff.ts'
import { diffColumn } from './column-diff.ts'
import { changeRules } from './contract-change.ts'
import type { BareChange, ContractChange, ContractReader } from './contract-change.ts'

/**
 * What changed between two sets of contracts, by table and column, with what it means to readers. Pure: nobody
 * is asked whether the rows are so. Tables in the order of their names; the gravest changes of each first.
 *
 * @param readers the steps that are named beside each change; see `readersOf`
 */
export function diffContracts(
  before: readonly DeclaredTable[],
  after: readonly DeclaredTable[],
  readers: readonly ContractReader[] = [],
): ContractChange[] {
  const old = new Map(before.map((table) => [table.name, table]))
  const now = new Map(after.map((table) => [table.name, table]))
  const names = [...new Set([...old.keys(), ...now.keys()])].toSorted()
  return names.flatMap((name) => {
    const [one, other] = [old.get(name), now.get(name)]
    const where = (other ?? one)?.where
    return bareChanges(one, other, before, after)
      .map((change) => ({
        table: name,
        level: changeRules[change.kind][0],
        ...change,
        ...(where && { where }),
        readBy: readBy(name, change, readers),
      }))
      .toSorted((a, b) => ranks.indexOf(a.level) - ranks.indexOf(b.level))
  })
}

const ranks = ['breaking', 'compatible', 'neutral']

function bareChanges(
  one: DeclaredTable | undefined,
  other: DeclaredTable | undefined,
  before: readonly DeclaredTable[],
  after: readonly DeclaredTable[],
): BareChange[] {
  if (one && other) return diffTable(one, other)
  if (one) {
    const heirs = after.filter(({ name }) => !before.some((table) => table.name === name))
    const heir = heirs.find((table) => shape(table) === shape(one))
    const hint = heir && `the new table '${heir.name}' has the same columns: if it is its new name, say so`
    return [{ kind: 'table-removed', what: 'removed', ...(hint && { hint }) }]
  }
  return [{ kind: 'table-added', what: 'added' }]
}

function shape({ columns }: DeclaredTable): string {
  return JSON.stringify(columns.map(({ name, type }) => JSON.stringify([name, type])).toSorted())
}

function diffTable(one: DeclaredTable, other: DeclaredTable): BareChange[] {
  const old = new Map(one.columns.map((column) => [column.name, column]))
  const now = new Map(other.columns.map((column) => [column.name, column]))
  const added = other.columns.filter(({ name }) => !old.has(name))
  const gone = one.columns.filter(({ name }) => !now.has(name))
  return [
    ...gone.map((column): BareChange => {
      const heirs = added.filter((each) => each.type === column.type)
      const [heir] = heirs.filter(({ name }) => name.toLowerCase() === column.name.toLowerCase())
      const hint = heir ?? (heirs.length === 1 ? heirs[0] : undefined)
      return {
        kind: 'column-removed',
        column: column.name,
        what: 'removed',
        before: column.type,
        ...(hint && { hint: `perhaps it is called '${hint.name}' now: that column is new and has its type` }),
      }
    }),
    ...added.map(({ name, type, nullable }): BareChange => ({
      kind: 'column-added',
      column: name,
      what: `added, ${type}${nullable ? ' NULL' : ''}`,
      after: type,
    })),
    ...other.columns.flatMap((column) => {
      const was = old.get(column.name)
      return was ? diffColumn(was, column) : []
    }),
    ...diffKey(one.key, other.key),
    ...diffChecks(one, other),
    ...diffOrder(
      one.columns.map(({ name }) => name).filter((name) => now.has(name)),
      other.columns.map(({ name }) => name).filter((name) => old.has(name)),
    ),
    ...diffTexts(one, other),
  ]
}

function diffKey(one: readonly string[], other: readonly string[]): BareChange[] {
  const [before, after] = [one.join(', '), other.join(', ')]
  if (JSON.stringify(one) === JSON.stringify(other)) return []
  if (one.length === 0) return [{ kind: 'key-added', what: `key (${after}) added`, after }]
  if (other.length === 0) return [{ kind: 'key-removed', what: `key (${before}) removed`, before }]
  const same = JSON.stringify(one.toSorted()) === JSON.stringify(other.toSorted())
  return [
    {
      kind: same ? 'key-reordered' : 'key-changed',
      what: `key (${before}) -> (${after})`,
      before,
      after,
    },
  ]
}

function diffOrder(one: readonly string[], other: readonly string[]): BareChange[] {
  if (JSON.stringify(one) === JSON.stringify(other)) return []
  return [{ kind: 'columns-reordered', what: 'columns in another order' }]
}

function diffTexts(one: DeclaredTable, other: DeclaredTable): BareChange[] {
  const texts = (['description', 'owner'] as const)
    .filter((field) => one[field] !== other[field])
    .map((field): BareChange => ({ kind: 'text-changed', what: changed(field, one[field], other[field]) }))
  const [before, after] = [one.tags ?? [], other.tags ?? []]
  if (JSON.stringify(before) !== JSON.stringify(after))
    texts.push({
      kind: 'text-changed',
      what: changed('tags', before.join(', ') || undefined, after.join(', ') || undefined),
    })
  if (one.rejects !== other.rejects)
    texts.push({ kind: 'rejects-changed', what: changed('rejects', one.rejects, other.rejects) })
  const [parted, parts] = [one.partitionBy?.join(', '), other.partitionBy?.join(', ')]
  if (parted !== parts)
    texts.push({ kind: 'partitioning-changed', what: changed('partitionBy', parted, parts) })
  if (one.path !== other.path)
    texts.push({ kind: 'path-changed', what: changed('path', one.path, other.path) })
  return texts
}

/** Texts for people are long: only short ones are shown. */
function changed(field: string, before: string | undefined, after: string | undefined): string {
  if (before === undefined) return `${field} added`
  if (after === undefined) return `${field} removed`
  const short = field !== 'description'
  return short ? `${field} ${before} -> ${after}` : `${field} changed`
}

function readBy(table: string, change: BareChange, readers: readonly ContractReader[]) {
  if (change.kind === 'table-added' || change.kind === 'column-added') return []
  const { column } = change
  return readers
    .filter((each) => each.table === table && (column === undefined || each.columns.includes(column)))
    .map(({ step, flow, file }) => ({ step, flow, file }))
}
