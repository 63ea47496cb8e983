import type { Problem } from '../../base/problem.ts'
import { didYouMean } from '../../base/suggest.ts'
import { parseSqlType } from '../../contract/sql-type.ts'
import type { DeclaredTable } from '../../contract/spec.ts'
import { YamlPage, type PagePath } from '../yaml-page.ts'
import { YamlValues } from '../yaml-values.ts'
import { tableIn } from './read.ts'
import { typeNames, unknownTypes } from './types.ts'

/** A contract of somebody else's, as far as Sluice has words for it. */
export interface Imported {
  readonly table: DeclaredTable
  /** What was left out, for people. */
  readonly notes: readonly string[]
}

/**
 * Reads one object of the schema of an ODCS document of any version 3.
 *
 * @param object its name; it may be left out where there is one only
 */
export function importOdcs(
  text: string,
  file: string,
  object: string | undefined,
): Imported | readonly Problem[] {
  const page = YamlPage.parse(text, file, 'contract/import')
  if (!(page instanceof YamlPage)) return page
  const values = new YamlValues(page)
  const kind = values.needed(['kind'])
  if (kind !== '' && kind !== 'DataContract')
    values.wrong(['kind'], `the kind '${kind}' is not 'DataContract'`)
  const version = values.needed(['apiVersion'])
  if (version !== '' && !version.startsWith('v3.'))
    values.wrong(
      ['apiVersion'],
      `the version '${version}' of ODCS is not one that Sluice reads`,
      'it reads v3.x',
    )
  const path = objectIn(values, object)
  if (path === undefined || values.problems.length > 0) return values.problems
  const notes: string[] = []
  const table = tableIn(values, path, importedType, (at, column) => {
    const name = values.text([...at, 'name']) ?? values.text([...at, 'description']) ?? 'without a name'
    notes.push(
      `the quality rule '${name}'${column === undefined ? '' : ` of '${column}'`} was left out: Sluice has no check like it`,
    )
  })
  return values.problems.length > 0 ? values.problems : { table, notes }
}

function objectIn(values: YamlValues, object: string | undefined): PagePath | undefined {
  const objects = values.items(['schema'])
  const names = objects.map((path) => values.needed([...path, 'name']))
  if (object === undefined && objects.length === 1) return objects[0]
  const found = object === undefined ? undefined : objects[names.indexOf(object)]
  if (found === undefined) {
    const message =
      object === undefined
        ? `there are ${objects.length} tables in the schema: say which`
        : `there is no '${object}' in the schema`
    values.wrong(
      ['schema'],
      message,
      objects.length === 0
        ? undefined
        : (didYouMean(object ?? '', names) ?? `--object is one of ${names.join(', ')}`),
    )
  }
  return found
}

/** Names of other engines for types that a contract has. */
const aliases: readonly (readonly [RegExp, string])[] = [
  [/^(N?VARCHAR2?|N?CHAR|BPCHAR|CHARACTER( VARYING)?|CLOB)(\s*\(.*\))?$|^(TEXT|STRING)$/, 'VARCHAR'],
  [/^(INT|INT4|SIGNED|MEDIUMINT)$/, 'INTEGER'],
  [/^(INT8|LONG|INT64)$/, 'BIGINT'],
  [/^(INT2|SHORT|INT16)$/, 'SMALLINT'],
  [/^(BYTEINT|INT1)$/, 'TINYINT'],
  [/^(FLOAT4|REAL|FLOAT32)$/, 'FLOAT'],
  [/^(FLOAT8|DOUBLE PRECISION|FLOAT64)$/, 'DOUBLE'],
  [/^(BOOL|BIT)$/, 'BOOLEAN'],
  [/^(JSONB|VARIANT)$/, 'JSON'],
  [/^(BYTEA|BINARY|VARBINARY|BYTES)(\s*\(.*\))?$/, 'BLOB'],
  [/^(UNIQUEIDENTIFIER)$/, 'UUID'],
  [/^(DATETIME2?|TIMESTAMP_NTZ|TIMESTAMP WITHOUT TIME ZONE)(\s*\(.*\))?$/, 'TIMESTAMP'],
  [/^(TIMESTAMPTZ|TIMESTAMP_TZ|TIMESTAMP_LTZ|DATETIMEOFFSET)(\s*\(.*\))?$/, 'TIMESTAMP WITH TIME ZONE'],
]

/** A type of a contract for the name that some engine has for it; undefined when it is none. */
export function knownType(physical: string): string | undefined {
  if (unknownTypes(parseSqlType(physical)).length === 0) return physical
  const upper = physical.trim().toUpperCase()
  const decimal = /^(?:DECIMAL|NUMERIC|NUMBER|DEC)\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)$/.exec(upper)
  const text = decimal
    ? `DECIMAL(${decimal[1] ?? ''},${decimal[2] ?? '0'})`
    : (aliases.find(([name]) => name.test(upper))?.[1] ?? upper)
  return unknownTypes(parseSqlType(text)).length === 0 ? text : undefined
}

/** The physical type where it is known, else the logical one; nested ones by their parts. */
function importedType(values: YamlValues, path: PagePath): string | undefined {
  const physical = values.text([...path, 'physicalType'])
  const known = physical === undefined ? undefined : knownType(physical)
  if (known !== undefined) return known
  const logical = values.text([...path, 'logicalType'])
  const type = logical === undefined ? undefined : logicalType(values, path, logical)
  if (type !== undefined) return type
  const said = physical ?? logical
  const name = values.text([...path, 'name']) ?? 'items'
  values.problems.push({
    ...values.page.problem(
      [...path, physical === undefined ? 'logicalType' : 'physicalType'],
      said === undefined ? `'${name}' has no type` : `'${name}': '${said}' is not a type of a contract`,
      didYouMean((said ?? '').toUpperCase(), typeNames),
    ),
    code: 'contract/type-unknown',
  })
  return undefined
}

function logicalType(values: YamlValues, path: PagePath, logical: string): string | undefined {
  const options = [...path, 'logicalTypeOptions']
  const format = values.any([...options, 'format'])
  switch (logical) {
    case 'string':
      return { uuid: 'UUID', json: 'JSON', binary: 'BLOB', byte: 'BLOB' }[String(format)] ?? 'VARCHAR'
    case 'integer':
      return { i8: 'TINYINT', i16: 'SMALLINT', i32: 'INTEGER', i64: 'BIGINT' }[String(format)] ?? 'BIGINT'
    case 'number':
      return format === 'f32' ? 'FLOAT' : 'DOUBLE'
    case 'boolean':
    case 'date':
    case 'time':
      return logical.toUpperCase()
    case 'timestamp':
      return values.flag([...options, 'timezone']) === true ? 'TIMESTAMP WITH TIME ZONE' : 'TIMESTAMP'
    case 'array': {
      const item = importedType(values, [...path, 'items'])
      return item === undefined ? undefined : `${item}[]`
    }
    case 'object': {
      const fields = values.items([...path, 'properties']).map((at) => {
        const name = values.needed([...at, 'name']).replaceAll('"', '""')
        const nullable = values.flag([...at, 'required']) === true ? '' : ' NULL'
        return `"${name}" ${importedType(values, at) ?? 'VARCHAR'}${nullable}`
      })
      return fields.length === 0 ? undefined : `STRUCT(${fields.join(', ')})`
    }
    default:
      return undefined
  }
}
