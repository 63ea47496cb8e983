import path from 'node:path'
import type { Problem } from '../../base/problem.ts'
import type { Edit } from '../../engine/duckdb/edits.ts'
import { placeAt } from '../../notebook/module-info.ts'
import { readText } from '../../run/project-queries.ts'

/** Replacements in files of a project, each place once. Indexes are of texts as they are on disk, without a mark. */
export class FileEdits {
  readonly problems: Problem[] = []
  readonly #root: string
  readonly #edits = new Map<string, Map<number, Edit>>()
  readonly #texts = new Map<string, string>()

  constructor(root: string) {
    this.#root = root
  }

  get files(): readonly string[] {
    return [...this.#edits.keys()]
  }

  of(file: string): readonly Edit[] {
    return [...(this.#edits.get(file)?.values() ?? [])]
  }

  textOf(file: string): string {
    const text = this.#texts.get(file) ?? readText(path.join(this.#root, file))
    this.#texts.set(file, text)
    return text
  }

  /**
   * Replaces a name of a query where it is written. A place at which something else is written cannot be changed:
   * there stands code that makes the name, such as `sql.id(column)`.
   */
  replace(file: string, start: number | undefined, before: string, after: string, what: string): void {
    const text = this.textOf(file)
    if (start === undefined || !text.startsWith(before, start)) {
      this.refuse(file, start, `${what}: the name is made by code here, so it cannot be changed in it`)
      return
    }
    const edits = this.#edits.get(file) ?? new Map<number, Edit>()
    const known = edits.get(start)
    if (known !== undefined && known.text !== after) {
      this.refuse(file, start, `${what}: other queries share this piece and need it otherwise`)
      return
    }
    edits.set(start, { start, end: start + before.length, text: after })
    this.#edits.set(file, edits)
  }

  refuse(file: string, start: number | undefined, message: string): void {
    const where = { file, ...(start !== undefined && placeAt(this.textOf(file), start)) }
    const hint = 'change it by hand, or write the name out, and rename again'
    this.problems.push({ code: 'rename/unclear', message, where, hint })
  }
}
