import type { DeclaredColumn, DeclaredTable } from '../../contract/spec.ts'
import { custom, ours, some, type Plain, type PlainMap } from './plain.ts'
import { qualityOf, relationsOf } from './write-checks.ts'
import { idOf } from './names.ts'
import { odcsTypeOf } from './types.ts'

/** The version of the standard that is written: https://bitol-io.github.io/open-data-contract-standard/v3.1.0/ */
const odcsVersion = 'v3.1.0'

/**
 * A contract as an ODCS document, in the order in which its keys are written. `read.ts` gives the same
 * contract back: what the standard has no word for stands in custom properties.
 */
export function odcsOf(table: DeclaredTable, version: string, history: readonly Plain[] = []): PlainMap {
  return {
    apiVersion: odcsVersion,
    kind: 'DataContract',
    id: table.name,
    name: table.name,
    version,
    status: 'active',
    ...(table.owner !== undefined && { team: { name: table.owner } }),
    schema: [objectOf(table)],
    ...custom({ [breakingProperty]: history.length > 0 ? history : undefined }),
  }
}

/** The custom property that keeps why breaking changes were made. */
const breakingProperty = `${ours}Breaking`

function objectOf(table: DeclaredTable): PlainMap {
  return {
    id: idOf(table.name),
    name: table.name,
    logicalType: 'object',
    physicalType: 'table',
    ...(table.description !== undefined && { description: table.description }),
    ...(table.tags && { tags: table.tags }),
    properties: table.columns.map((column) => propertyOf(table, column)),
    ...some('quality', qualityOf(table, undefined)),
    ...custom({ [`${ours}Path`]: table.path, [`${ours}Rejects`]: table.rejects }),
  }
}

function propertyOf(table: DeclaredTable, column: DeclaredColumn): PlainMap {
  const position = table.key.indexOf(column.name) + 1
  const part = (table.partitionBy ?? []).indexOf(column.name) + 1
  const type = odcsTypeOf(column.type)
  const unique = isUnique(table, column.name)
  const target = unique || (position > 0 && table.key.length === 1)
  return {
    // Where references from other contracts lead.
    ...(target && idOf(column.name) === column.name && { id: column.name }),
    name: column.name,
    physicalType: column.type,
    logicalType: type.logicalType,
    ...(type.logicalTypeOptions && { logicalTypeOptions: type.logicalTypeOptions }),
    required: !column.nullable,
    ...(unique && { unique: true }),
    ...(position > 0 && { primaryKey: true, primaryKeyPosition: position }),
    ...(part > 0 && { partitioned: true, partitionKeyPosition: part }),
    ...(column.description !== undefined && { description: column.description }),
    ...(type.properties && { properties: type.properties as unknown as Plain }),
    ...(type.items && { items: type.items as unknown as Plain }),
    ...some('relationships', relationsOf(table, column.name)),
    ...some('quality', qualityOf(table, column.name)),
    ...custom({ [`${ours}ReadAs`]: column.readAs }),
  }
}

/** Also said as the standard says it, beside the rule: a check that only warns is no promise. */
function isUnique({ checks }: DeclaredTable, column: string): boolean {
  return checks.some(
    (check) =>
      check.kind === 'unique' &&
      check.onFailure !== 'warn' &&
      check.columns.length === 1 &&
      check.columns[0] === column,
  )
}
