import { existsSync } from 'node:fs'
import path from 'node:path'
import type { SourceFile } from 'ts-morph'
import { globSync } from 'tinyglobby'
import type { Problem } from '../../base/problem.ts'
import { placeAt } from '../../notebook/module-info.ts'
import { readText } from '../../run/project-queries.ts'
import type { Modules } from './modules.ts'
import type { ColumnRename } from './query-rename.ts'
import { descendants, isText } from './table-calls.ts'

/** So many places a person looks at. */
const most = 20

/** Texts that are the old name and were left: of another table, or of what no checker sees; and rows of tests in files. */
export function leftColumn(
  root: string,
  modules: Modules,
  files: readonly SourceFile[],
  { from }: ColumnRename,
): Problem[] {
  return [...leftTexts(modules, files, from), ...leftInData(root, from)].slice(0, most)
}

/** Texts in modules that are the old name. */
export function leftTexts(modules: Modules, files: readonly SourceFile[], from: string): Problem[] {
  return files.flatMap((file) =>
    descendants(file)
      .filter((node) => isText(node) && node.getLiteralText() === from)
      .map((node) => left(from, modules.placeOf(node))),
  )
}

/** Files of rows and flows under `tests/` and `flows/` that name it as a word. */
function leftInData(root: string, from: string): Problem[] {
  const word = new RegExp(`(?<![\\w.])${from.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}(?![\\w.])`)
  const files = globSync(['tests/**/*.{yaml,yml,json,csv,ndjson}'], { cwd: root })
  return files.flatMap((file) => {
    const text = readText(path.join(root, file))
    const at = text.search(word)
    return at < 0 ? [] : [left(from, { file, ...placeAt(text, at) })]
  })
}

function left(from: string, where: NonNullable<Problem['where']>): Problem {
  return { code: 'rename/unclear', severity: 'warn', message: `'${from}' was left as it is`, where }
}

/** What a lock of contracts will say. */
export function lockNote(root: string): string[] {
  if (!existsSync(path.join(root, 'contracts'))) return []
  return ['contracts/ is as it was: `sluice contract lock` will tell this as a breaking change']
}
