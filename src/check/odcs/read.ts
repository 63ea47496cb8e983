import { columnNameFault, tableNameFault } from '../../base/names.ts'
import type { DeclaredCheck, DeclaredColumn, DeclaredTable } from '../../contract/spec.ts'
import type { PagePath } from '../yaml-page.ts'
import type { YamlValues } from '../yaml-values.ts'
import { ours } from './plain.ts'
import { checkOfRelation, checkOfRule, customIn } from './read-checks.ts'

/** The type of a property as a contract has it, or undefined, when it has told what is wrong. */
export type TypeOf = (values: YamlValues, path: PagePath) => string | undefined

/** Told of quality rules that Sluice has no word for. */
export type Foreign = (path: PagePath, column: string | undefined) => void

/**
 * One object of the schema of an ODCS document as a contract. What is wrong is told to `values`; then the
 * contract is not to be used.
 *
 * @param path the object, such as `['schema', 0]`
 */
export function tableIn(
  values: YamlValues,
  path: PagePath,
  typeOf: TypeOf,
  foreign: Foreign = () => undefined,
): DeclaredTable {
  const name = values.needed([...path, 'name'])
  const properties = values.items([...path, 'properties'])
  if (properties.length === 0) values.wrong([...path, 'properties'], `table '${name}' has no properties`)
  const columns = properties.map((at) => columnIn(values, at, typeOf))
  tellNames(values, properties, columns)
  const extras = customIn(values, path)
  const checks = [
    ...properties.flatMap((at, place) => checksIn(values, at, columns[place]?.name, foreign)),
    ...checksIn(values, path, undefined, foreign),
  ]
  const description = values.text([...path, 'description'])
  const owner = values.text(['team', 'name'])
  const tags = values.texts([...path, 'tags'])
  const partitionBy = columnsBy(values, properties, columns, 'partitioned', 'partitionKeyPosition')
  const [folder, rejects] = [extras[`${ours}Path`], extras[`${ours}Rejects`]]
  return {
    name,
    columns,
    key: columnsBy(values, properties, columns, 'primaryKey', 'primaryKeyPosition'),
    checks,
    ...(typeof rejects === 'string' && { rejects }),
    ...(partitionBy.length > 0 && { partitionBy }),
    ...(description !== undefined && { description }),
    ...(owner !== undefined && { owner }),
    ...(values.any([...path, 'tags']) !== undefined && { tags }),
    ...(typeof folder === 'string' && { path: folder }),
    where: values.page.at([...path, 'name']),
  }
}

/** Why a name cannot be that of a table, told at its place. */
export function tellTableName(values: YamlValues, path: PagePath, name: string): void {
  const fault = name === '' ? undefined : tableNameFault(name)
  if (fault !== undefined) values.wrong([...path, 'name'], `the table name '${name}' ${fault}`)
}

function columnIn(values: YamlValues, path: PagePath, typeOf: TypeOf): DeclaredColumn {
  const name = values.needed([...path, 'name'])
  const type = typeOf(values, path) ?? ''
  const description = values.text([...path, 'description'])
  const readAs = customIn(values, path)[`${ours}ReadAs`]
  return {
    name,
    type,
    nullable: values.flag([...path, 'required']) !== true,
    ...(description !== undefined && { description }),
    ...((readAs === 'micros' || readAs === 'number') && { readAs }),
  }
}

function tellNames(values: YamlValues, paths: readonly PagePath[], columns: readonly DeclaredColumn[]): void {
  const seen = new Set<string>()
  columns.forEach(({ name }, at) => {
    const path = [...(paths[at] ?? []), 'name']
    const fault = name === '' ? undefined : columnNameFault(name)
    if (fault !== undefined) values.wrong(path, `the column name ${JSON.stringify(name)} ${fault}`)
    if (seen.has(name.toLowerCase())) values.wrong(path, `there are two columns '${name}'`)
    seen.add(name.toLowerCase())
  })
}

function checksIn(
  values: YamlValues,
  path: PagePath,
  column: string | undefined,
  foreign: Foreign,
): DeclaredCheck[] {
  const rules = values.items([...path, 'quality']).flatMap((at) => {
    const check = checkOfRule(values, at, column)
    if (check === undefined) foreign(at, column)
    return check ?? []
  })
  if (column === undefined) return rules
  const relations = values.items([...path, 'relationships'])
  return [...rules, ...relations.flatMap((at) => checkOfRelation(values, at, column) ?? [])]
}

/** The columns with a flag, in the order of their positions; without positions in that of the columns. */
function columnsBy(
  values: YamlValues,
  paths: readonly PagePath[],
  columns: readonly DeclaredColumn[],
  flag: string,
  positions: string,
): readonly string[] {
  const places = paths.flatMap((path, at) => {
    if (values.flag([...path, flag]) !== true) return []
    const position = values.number([...path, positions]) ?? -1
    return [{ name: columns[at]?.name ?? '', position: position > 0 ? position : Infinity }]
  })
  // Infinity minus itself is no number; sorting keeps the order of equals.
  return places
    .toSorted((a, b) => (a.position === b.position ? 0 : a.position - b.position))
    .map(({ name }) => name)
}
