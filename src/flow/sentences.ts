import type { DeclaredColumn } from '../contract/spec.ts'

/**
 * What is said when a step does not fit. `chain-faults.ts` says the same in types; a test holds the two
 * together.
 */
export const sentences = {
  tableUnknown: (step: string, table: string) =>
    `step '${step}': input table '${table}' is not produced by an earlier step nor declared as a source`,
  columnMissing: (step: string, table: string, column: string) =>
    `step '${step}': table '${table}': column '${column}' does not exist upstream`,
  columnType: (step: string, table: string, have: DeclaredColumn, need: DeclaredColumn) =>
    `step '${step}': table '${table}': column '${need.name}' is ${sqlOf(have)} upstream but ${sqlOf(need)} is expected`,
  mayBeAbsent: (step: string, table: string) =>
    `step '${step}': table '${table}' may be absent: read it with .optional()`,
  argMissing: (step: string, arg: string) => `step '${step}': arg '${arg}' is missing`,
  argUnknown: (step: string, arg: string) => `step '${step}': there is no arg '${arg}'`,
  argType: (step: string, arg: string, is: string, expected: string) =>
    `step '${step}': arg '${arg}' is ${is} but ${expected} is expected`,
  handleUnknown: (step: string, word: 'input' | 'output' | 'option', name: string) =>
    `step '${step}': there is no ${word} '${name}'`,
} as const

function sqlOf(column: DeclaredColumn): string {
  return `${column.type}${column.nullable ? ' NULL' : ''}`
}
