import { isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml'
import type { Document } from 'yaml'
import type { ProblemCode } from '../base/codes.ts'
import type { Place, Problem } from '../base/problem.ts'

/** Where a value stands in a file: keys and positions, from the outside in. */
export type PagePath = readonly (string | number)[]

/** A YAML file that knows where each of its values stands. JSON is YAML too. */
export class YamlPage {
  readonly file: string
  readonly document: Document
  readonly #code: ProblemCode
  readonly #lines: LineCounter

  private constructor(file: string, document: Document, code: ProblemCode, lines: LineCounter) {
    this.file = file
    this.document = document
    this.#code = code
    this.#lines = lines
  }

  /**
   * Parses a file whose content is a map. Nothing is thrown: what is wrong is among the Problems.
   *
   * @param code the code of its Problems
   */
  static parse(text: string, file: string, code: ProblemCode): YamlPage | readonly Problem[] {
    const conflicts = conflictProblems(text, file, code)
    if (conflicts.length > 0) return conflicts
    const lines = new LineCounter()
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
    const page = new YamlPage(file, document, code, lines)
    if (document.errors.length > 0)
      return document.errors.map(({ message, pos }) =>
        page.#problemAt(pos[0], `this is not ${/\.json$/i.test(file) ? 'JSON' : 'YAML'}: ${message}`),
      )
    if (!isMap(document.contents)) return [page.#problemAt(0, 'keys and values are expected here')]
    try {
      document.toJS()
    } catch (error) {
      // So says the yaml package of aliases that name nothing or too much.
      if (!(error instanceof ReferenceError)) throw error
      return [page.#problemAt(0, error.message)]
    }
    return page
  }

  /** The whole as plain values. */
  value(): unknown {
    return this.document.toJS() as unknown
  }

  problem(path: PagePath, message: string, hint?: string): Problem {
    return { code: this.#code, message, where: this.at(path), ...(hint !== undefined && { hint }) }
  }

  /** Where a value stands, or the innermost map or list around it that there is. */
  at(path: PagePath): Place {
    if (path.length === 0) return this.#place(0)
    const parent = this.document.getIn(path.slice(0, -1), true)
    const last = path.at(-1)
    const pair = isMap(parent)
      ? parent.items.find(({ key }) => isScalar(key) && key.value === last)
      : undefined
    if (isScalar(pair?.key) && pair.key.range) return this.#place(pair.key.range[0])
    const found = this.document.getIn(path, true)
    if (isNode(found) && found.range) return this.#place(found.range[0])
    return this.at(path.slice(0, -1))
  }

  #problemAt(offset: number, message: string): Problem {
    return { code: this.#code, message, where: this.#place(offset) }
  }

  #place(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset)
    return { file: this.file, line: Math.max(line, 1), column: Math.max(col, 1) }
  }
}

/** A parser says something puzzling about what git leaves in a file that it could not merge. */
function conflictProblems(text: string, file: string, code: ProblemCode): Problem[] {
  const line = text.split('\n').findIndex((each) => /^(<{7}|>{7}|\|{7}) /.test(each))
  if (line < 0) return []
  return [
    {
      code,
      message: 'git could not merge this file: it holds conflict markers',
      where: { file, line: line + 1, column: 1 },
      hint: 'take one side, such as `git checkout --theirs <file>`, then write the lock again',
    },
  ]
}
