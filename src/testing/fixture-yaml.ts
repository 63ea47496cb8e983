import { readFile } from 'node:fs/promises'
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Node } from 'yaml'
import { ProblemError, type Problem } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import type { DeclaredColumn } from '../contract/spec.ts'
import type { LooseRow } from './fill.ts'
import type { Fixture } from './fixture.ts'
import { valueOfText } from './text-value.ts'

/** Rows of YAML and JSON, which is YAML too. Numbers keep all of their digits, and each mistake has its place. */
export async function readTexts(of: Fixture<object>): Promise<LooseRow[]> {
  const text = await readFile(of.file, 'utf8')
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, intAsBigInt: true, strict: true })
  const at = (offset: number) => ({
    file: of.file,
    line: lines.linePos(offset).line,
    column: lines.linePos(offset).col,
  })
  const problems: Problem[] = document.errors.map((error) => ({
    code: 'source/format',
    message: `fixture ${of.name}: ${error.message.split('\n')[0]?.replace(/ at line .*$/, '') ?? ''}`,
    where: at(error.pos[0]),
  }))
  const { contents } = document
  const list = isSeq(contents) ? contents.items : undefined
  if (problems.length === 0 && list === undefined) {
    const message = `fixture ${of.name} is no list of rows`
    problems.push({ code: 'source/format', message, where: { file: of.file, line: 1 } })
  }
  const rows = (list ?? []).map((item) => rowOf(of, item as Node, at, problems))
  if (problems.length > 0) throw new ProblemError(problems)
  return rows
}

function rowOf(
  of: Fixture<object>,
  item: Node,
  at: (offset: number) => Problem['where'],
  problems: Problem[],
): LooseRow {
  const start = item.range?.[0] ?? 0
  if (!isMap(item)) {
    problems.push({
      code: 'source/format',
      message: `fixture ${of.name}: a row is no mapping of columns`,
      where: at(start),
    })
    return {}
  }
  const row: Record<string, unknown> = {}
  for (const { key, value } of item.items) {
    const name = isScalar(key) ? String(key.value) : ''
    const where = at((key as Node).range?.[0] ?? start)
    const column = of.columns.find((each) => each.name === name)
    if (!column) {
      problems.push(unknown(of, name, where))
      continue
    }
    const read = valueIn(column, value as Node | null)
    if ('value' in read) row[name] = read.value
    else {
      const message = `fixture ${of.name}: column '${name}' is not ${read.expected}`
      problems.push({ code: 'source/value', message, where: at((value as Node).range?.[0] ?? start) })
    }
  }
  return row
}

function unknown(of: Fixture<object>, name: string, where: Problem['where']): Problem {
  const hint = didYouMean(
    name,
    of.columns.map((column) => column.name),
  )
  const message = `fixture ${of.name}: there is no column '${name}'`
  return { code: 'source/columns', message, where, ...(hint !== undefined && { hint }) }
}

/** A scalar by the text that stands in the file, so that `12.50` is a decimal and no double. */
function valueIn(column: DeclaredColumn, node: Node | null) {
  if (node === null || (isScalar(node) && node.value === null)) return { value: null }
  if (isScalar(node)) {
    const plain = typeof node.value === 'number' || typeof node.value === 'bigint'
    return valueOfText(column, plain && node.source !== undefined ? node.source : node.value)
  }
  return { value: plainNumbers(node.toJS({} as never)) }
}

/** Lists and objects hold whole numbers as numbers where they fit. */
function plainNumbers(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value
  if (Array.isArray(value)) return value.map(plainNumbers)
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainNumbers(item)]))
}
