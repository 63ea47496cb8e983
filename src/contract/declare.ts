import type { Place } from '../base/problem.ts'
import type { Columns } from './column.ts'
import { declareChecks } from './declare-checks.ts'
import type { AnyInput, AnyOrigin } from './input.ts'
import type { SourceDetails } from './source.ts'
import { sourceRejectColumns } from './source-rejects.ts'
import type { DeclaredColumn, DeclaredSource, DeclaredTable } from './spec.ts'
import type { TableDetails } from './table.ts'

/** How a place is told: usually relative to the project. */
export type TellPlace = (place: Place | undefined) => Place | undefined

const asItIs: TellPlace = (place) => place

/** Columns as plain JSON, in their order. */
export function declareColumns(columns: Columns): DeclaredColumn[] {
  return Object.entries(columns).map(([name, column]) => ({ name, ...column.spec }))
}

/** A table as plain JSON, from the table itself or from what an input of it kept. */
export function declareTable(origin: AnyOrigin, tell: TellPlace = asItIs): DeclaredTable {
  const { options, site } = (origin.details ?? { options: {} }) as TableDetails
  const where = tell(site)
  return {
    name: origin.name,
    columns: declareColumns(origin.columns as Columns),
    key: options.key ?? [],
    checks: declareChecks(origin.columns as Columns, options.checks ?? [], tell),
    ...(options.rejects !== undefined && { rejects: options.rejects }),
    ...(options.partitionBy && options.partitionBy.length > 0 && { partitionBy: options.partitionBy }),
    ...(options.description !== undefined && { description: options.description }),
    ...(options.owner !== undefined && { owner: options.owner }),
    ...(options.tags && { tags: options.tags }),
    ...(options.path !== undefined && { path: options.path }),
    ...(where && { where }),
  }
}

/** A source as plain JSON. */
export function declareSource(origin: AnyOrigin, tell: TellPlace = asItIs): DeclaredSource {
  const { site, description, ...details } = origin.details as SourceDetails
  const where = tell(site)
  return {
    name: origin.name,
    ...details,
    columns: declareColumns(origin.columns as Columns),
    ...(description !== undefined && { description }),
    ...(where && { where }),
  }
}

/** The table or source behind an input as plain JSON. */
export function declareOrigin(input: AnyInput, tell: TellPlace = asItIs): DeclaredTable | DeclaredSource {
  return input.kind === 'table' ? declareTable(input.origin, tell) : declareSource(input.origin, tell)
}

/** The table that keeps what a source rejects, as plain JSON. */
export function declareSourceRejects({ name, rejecting, where }: DeclaredSource): DeclaredTable | undefined {
  if (!rejecting) return undefined
  return {
    name: rejecting.table,
    columns: declareColumns(sourceRejectColumns),
    key: [],
    checks: [],
    description: `Rows of ${name} that are not what it declares.`,
    ...(where && { where }),
  }
}
