import type { SqlType } from './types.ts'
import { isTreeNode, textIn, type TreeNode } from './tree.ts'

/** Names that serialized types have, where DuckDB prints others. */
const printed: Readonly<Record<string, string | undefined>> = {
  'TIMESTAMP WITH TIME ZONE': 'TIMESTAMP WITH TIME ZONE',
  TIMESTAMP_TZ: 'TIMESTAMP WITH TIME ZONE',
  TIMESTAMP_SEC: 'TIMESTAMP_S',
  TIME_TZ: 'TIME WITH TIME ZONE',
  STRING_LITERAL: 'VARCHAR',
  INTEGER_LITERAL: 'INTEGER',
}

/** A type of a serialized plan. Undefined for one that has no such form here. */
export function planType(type: unknown): SqlType | undefined {
  if (!isTreeNode(type)) return undefined
  const info = isTreeNode(type['type_info']) ? type['type_info'] : {}
  const name = textIn(type, 'id')
  switch (name) {
    case 'DECIMAL':
      return { kind: 'decimal', width: Number(info['width']), scale: Number(info['scale']) }
    case 'ENUM':
      return Array.isArray(info['values']) ? { kind: 'enum', values: info['values'].map(String) } : undefined
    case 'STRUCT':
      return structType(info)
    case 'MAP':
      return mapType(info)
    case 'LIST':
    case 'ARRAY':
      return listType(info)
    default:
      // A type with more to it than a name, such as a VARCHAR with a collation.
      return type['type_info'] ? undefined : { kind: 'plain', name: printed[name] ?? name }
  }
}

function listType(info: TreeNode): SqlType | undefined {
  const item = planType(info['child_type'])
  if (!item) return undefined
  return info['size'] === undefined
    ? { kind: 'list', item }
    : { kind: 'array', item, size: Number(info['size']) }
}

function structType(info: TreeNode): SqlType | undefined {
  const fields = fieldsOf(info)
  return fields && { kind: 'struct', fields }
}

function mapType(info: TreeNode): SqlType | undefined {
  const child = info['child_type']
  const pair = isTreeNode(child) && isTreeNode(child['type_info']) ? fieldsOf(child['type_info']) : undefined
  const [key, value] = pair ?? []
  return key && value && { kind: 'map', key: key.type, value: value.type }
}

function fieldsOf(info: TreeNode): { name: string; type: SqlType }[] | undefined {
  const children = Array.isArray(info['child_types']) ? info['child_types'].filter(isTreeNode) : []
  const fields = children.map((field) => ({ name: textIn(field, 'first'), type: planType(field['second']) }))
  const known = fields.flatMap(({ name, type }) => (type ? [{ name, type }] : []))
  return known.length === children.length ? known : undefined
}
