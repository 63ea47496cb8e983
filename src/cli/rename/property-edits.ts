import { Node } from 'ts-morph'
import type { Edit } from '../../engine/duckdb/edits.ts'
import { propertyName, quoted } from '../scaffold/code-text.ts'
import { textLike, isText } from './table-calls.ts'

/** How a name in a program, an identifier or a text, is written when it becomes another one. */
export function nameEdit(node: Node, to: string, prefix = '', suffix = ''): Edit {
  if (isText(node)) return edit(node, prefix + textLike(node, to) + suffix)
  const access = node.getParent()
  if (Node.isPropertyAccessExpression(access) && access.getNameNode() === node && !isIdentifier(to)) {
    const optional = access.hasQuestionDotToken() ? '?.' : ''
    return { start: access.getExpression().getEnd(), end: node.getEnd(), text: `${optional}[${quoted(to)}]` }
  }
  return edit(node, prefix + propertyName(to) + suffix)
}

/** A property that stands for itself, `{ fare }`, keeps its variable. */
export function shorthandEdit(node: Node, to: string): Edit {
  return nameEdit(node, to, '', `: ${node.getText()}`)
}

function edit(node: Node, text: string): Edit {
  return { start: node.getStart(), end: node.getEnd(), text }
}

function isIdentifier(name: string): boolean {
  return propertyName(name) === name
}
