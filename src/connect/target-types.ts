import type { ConnectionKind } from './connection.ts'

/** The type of a column of a target that is made, in the words of its database. What is nested is JSON. */
export function targetType(kind: ConnectionKind, type: string): string {
  return kind === 'postgres' ? postgresType(type) : sqliteType(type)
}

const plain: Readonly<Record<string, string | undefined>> = {
  BOOLEAN: 'boolean',
  TINYINT: 'smallint',
  SMALLINT: 'smallint',
  INTEGER: 'integer',
  BIGINT: 'bigint',
  FLOAT: 'real',
  DOUBLE: 'double precision',
  VARCHAR: 'text',
  // Not jsonb, which would write the text in another way.
  JSON: 'json',
  BLOB: 'bytea',
  UUID: 'uuid',
  DATE: 'date',
  TIME: 'time without time zone',
  TIMESTAMP: 'timestamp without time zone',
  'TIMESTAMP WITH TIME ZONE': 'timestamp with time zone',
}

function postgresType(type: string): string {
  const known = plain[type]
  if (known !== undefined) return known
  const decimal = /^DECIMAL\((\d+), ?(\d+)\)$/.exec(type)
  if (decimal) return `numeric(${decimal[1]},${decimal[2]})`
  const item = isPlainList(type) ? postgresType(type.slice(0, -2)) : undefined
  return item === undefined ? 'jsonb' : `${item}[]`
}

/** A list of what is not nested itself. */
function isPlainList(type: string): boolean {
  if (!type.endsWith('[]')) return false
  const item = type.slice(0, -2)
  return plain[item] !== undefined || /^DECIMAL\(\d+, ?\d+\)$/.test(item)
}

/** Decimals are texts: as numbers SQLite would keep 15 of their digits. */
function sqliteType(type: string): string {
  if (['BOOLEAN', 'TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT'].includes(type)) return 'INTEGER'
  if (type === 'FLOAT' || type === 'DOUBLE') return 'REAL'
  return type === 'BLOB' ? 'BLOB' : 'TEXT'
}

/** Whether a column of a target, with its type in the words of its database, holds all values of a type. */
export function targetHolds(kind: ConnectionKind, type: string, has: string): boolean {
  return kind === 'postgres' ? postgresHolds(type, has.toLowerCase()) : sqliteHolds(type, has.toUpperCase())
}

const whole = ['smallint', 'integer', 'bigint', 'numeric']
/** Other types than the one that is made, for those who made the target themselves. */
const others: Readonly<Record<string, readonly string[] | undefined>> = {
  TINYINT: whole,
  SMALLINT: whole,
  INTEGER: whole.slice(1),
  BIGINT: whole.slice(2),
  FLOAT: ['double precision'],
  VARCHAR: ['character varying', 'citext', 'json', 'jsonb'],
  JSON: ['jsonb', 'text', 'character varying'],
  UUID: ['text', 'character varying'],
}

function postgresHolds(type: string, has: string): boolean {
  if (has === postgresType(type) || others[type]?.includes(has)) return true
  // The server says when a text is too long.
  if (type === 'VARCHAR') return /^(character varying|character)\(\d+\)$/.test(has)
  const wants = /^DECIMAL\((\d+), ?(\d+)\)$/.exec(type)
  if (!wants) return postgresType(type) === 'jsonb' && (has === 'json' || has === 'text')
  const holds = /^numeric(?:\((\d+),(\d+)\))?$/.exec(has)
  if (!holds) return false
  if (holds[1] === undefined) return true
  const [digits, places, most, scale] = [wants[1], wants[2], holds[1], holds[2]].map(Number) as [
    number,
    number,
    number,
    number,
  ]
  return scale >= places && most - scale >= digits - places
}

/** By the affinity of the column (sqlite.org, "Datatypes in SQLite", 3.1): what is a text must not become a number. */
function sqliteHolds(type: string, has: string): boolean {
  const affinity = affinityOf(has)
  const wants = sqliteType(type)
  if (affinity === 'BLOB' || affinity === wants) return true
  if (wants === 'INTEGER' || wants === 'REAL') return affinity === 'NUMERIC'
  // Texts of times are no numbers, whatever the column would make of those.
  return affinity === 'NUMERIC' && /^(DATE|TIMESTAMP)/.test(type)
}

function affinityOf(type: string): string {
  if (type.includes('INT')) return 'INTEGER'
  if (/CHAR|CLOB|TEXT/.test(type)) return 'TEXT'
  if (type === '' || type.includes('BLOB')) return 'BLOB'
  return /REAL|FLOA|DOUB/.test(type) ? 'REAL' : 'NUMERIC'
}
