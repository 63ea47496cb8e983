import { valueText } from '../../testing/row-text.ts'
import type { SampleRow } from './sample-rows.ts'
import { laidArguments, listOf, objectOf, pieceOf, type Piece } from './value-layout.ts'

type RowsByHandle = Readonly<Record<string, readonly SampleRow[]>>

export interface TestParts {
  readonly title: string
  readonly variable: string
  /** The notebook's module, relative to the test. */
  readonly from: string
  readonly inputs: RowsByHandle
  readonly args: SampleRow
  readonly secrets: SampleRow
  readonly outputs: RowsByHandle
}

/** Above this many rows of an output, the test expects some of them. */
const mostRows = 12

/** The text of a test. */
export function testModule(parts: TestParts): string {
  const { title, variable, from, inputs, outputs } = parts
  const rows = Object.entries(inputs).map(
    ([handle, list]) => [handle, rowsPiece(list.map(mentioned))] as const,
  )
  const args = Object.keys(parts.args).length > 0 ? [['args', pieceOf(parts.args)] as const] : []
  const secrets = Object.keys(parts.secrets).length > 0 ? [pieceOf({ secrets: parts.secrets })] : []
  const start = '  const run = given('
  const call = [atom(variable), objectOf([...rows, ...args], true), ...secrets]
  return `import { test } from 'vitest'
import { given } from 'sluice/testing'
import ${variable} from '${from}'

test(${valueText(`${title} on a sample`)}, async () => {
${start}${laidArguments(call, 2, start.length)})
${expectations(inputs, outputs).join('\n')}
})
`
}

function atom(text: string): Piece {
  return { kind: 'atom', text }
}

function rowsPiece(rows: readonly SampleRow[]): Piece {
  return listOf(rows.map(pieceOf))
}

/** Columns that are left out are NULL, where they may be. */
function mentioned(row: SampleRow): SampleRow {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null && value !== undefined))
}

function expectations(inputs: RowsByHandle, outputs: RowsByHandle): string[] {
  const all = Object.entries(outputs)
  if (all.length === 0) return ['  await run.result()']
  const empty = all.filter(([, rows]) => rows.length === 0).map(([handle]) => valueText(handle))
  const lines = empty.length > 0 ? [`  await run.expectEmpty(${empty.join(', ')})`] : []
  const some = all.filter(([, rows]) => rows.length > mostRows)
  const whole = all.filter(([, rows]) => rows.length > 0 && rows.length <= mostRows)
  if (whole.length + some.length > 0)
    lines.unshift('  // What the notebook computes now. Check it by eye, and keep what matters.')
  return [...lines, ...called('expect', whole, inputs), ...called('expectSome', some, inputs)]
}

function called(
  method: string,
  outputs: readonly (readonly [string, readonly SampleRow[]])[],
  inputs: RowsByHandle,
): string[] {
  if (outputs.length === 0) return []
  const rows = outputs.map(([handle, list]) => [handle, rowsPiece(list.slice(0, mostRows))] as const)
  const vacuous = outputs.some(([, list]) => Object.values(inputs).some((given) => alike(given, list)))
  const start = `  await run.${method}(`
  const call = [objectOf(rows, true), ...(vacuous ? [pieceOf({ vacuous: true })] : [])]
  return [`${start}${laidArguments(call, 2, start.length)})`]
}

/** The test kit refuses a test that expects what it gives, unless the test says so. */
function alike(one: readonly SampleRow[], other: readonly SampleRow[]): boolean {
  const [a, b] = [one, other].map((rows) => rows.map(spelled).toSorted().join('\n'))
  return a === b
}

function spelled(row: SampleRow): string {
  return Object.keys(row)
    .filter((name) => row[name] !== null)
    .toSorted()
    .map((name) => `${name}: ${valueText(row[name])}`)
    .join()
}
