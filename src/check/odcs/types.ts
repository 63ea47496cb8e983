import { columnOfType } from '../../contract/types.ts'
import { parseSqlType, type SqlType } from '../../contract/sql-type.ts'

/** What ODCS says of a type: the same whatever engine keeps it. */
export interface OdcsType {
  readonly logicalType: string
  readonly logicalTypeOptions?: { readonly [option: string]: string | boolean }
  readonly properties?: readonly OdcsField[]
  readonly items?: Omit<OdcsField, 'name'>
}

interface OdcsField extends OdcsType {
  readonly name: string
  readonly physicalType: string
}

const integer = (format: string): OdcsType => ({ logicalType: 'integer', logicalTypeOptions: { format } })
const number = (format: string): OdcsType => ({ logicalType: 'number', logicalTypeOptions: { format } })
const string = (format: string): OdcsType => ({ logicalType: 'string', logicalTypeOptions: { format } })

/** The formats are those of the standard: names of Rust's types for numbers. */
const logical: { readonly [type: string]: OdcsType | undefined } = {
  BOOLEAN: { logicalType: 'boolean' },
  TINYINT: integer('i8'),
  SMALLINT: integer('i16'),
  INTEGER: integer('i32'),
  BIGINT: integer('i64'),
  FLOAT: number('f32'),
  DOUBLE: number('f64'),
  VARCHAR: { logicalType: 'string' },
  JSON: string('json'),
  BLOB: string('binary'),
  UUID: string('uuid'),
  DATE: { logicalType: 'date' },
  TIME: { logicalType: 'time' },
  TIMESTAMP: { logicalType: 'timestamp', logicalTypeOptions: { timezone: false } },
  'TIMESTAMP WITH TIME ZONE': { logicalType: 'timestamp', logicalTypeOptions: { timezone: true } },
}

/** A SQL type as ODCS sees it. */
export function odcsTypeOf(type: string): OdcsType {
  return seen(parseSqlType(type))
}

function seen(type: SqlType): OdcsType {
  switch (type.kind) {
    case 'plain':
      return logical[type.name] ?? { logicalType: 'string' }
    case 'decimal':
      return { logicalType: 'number' }
    case 'list':
      return { logicalType: 'array', items: { physicalType: sqlText(type.item), ...seen(type.item) } }
    case 'struct':
      return {
        logicalType: 'object',
        properties: type.fields.map((field) => ({
          name: field.name,
          physicalType: sqlText(field.type),
          ...seen(field.type),
        })),
      }
  }
}

/** A type as contracts write it; what may be NULL inside of lists and structs is not part of it. */
function sqlText(type: SqlType): string {
  switch (type.kind) {
    case 'plain':
      return type.name
    case 'decimal':
      return `DECIMAL(${type.precision},${type.scale})`
    case 'list':
      return `${sqlText(type.item)}[]`
    case 'struct': {
      const fields = type.fields.map(({ name, type: of }) => `"${name.replaceAll('"', '""')}" ${sqlText(of)}`)
      return `STRUCT(${fields.join(', ')})`
    }
  }
}

/** The parts of a type that no contract may have; none when it is a type of a contract. */
export function unknownTypes(type: SqlType): string[] {
  switch (type.kind) {
    case 'plain':
      return type.name === type.name.toUpperCase() && columnOfType(type.name) ? [] : [type.name]
    case 'decimal': {
      const good = type.precision >= 1 && type.precision <= 38 && type.scale <= type.precision
      return good ? [] : [sqlText(type)]
    }
    case 'list':
      return unknownTypes(type.item)
    case 'struct':
      return type.fields.flatMap((field) => unknownTypes(field.type))
  }
}

/** The types that a contract may name, for hints. */
export const typeNames: readonly string[] = [...Object.keys(logical), 'DECIMAL(10,2)']
