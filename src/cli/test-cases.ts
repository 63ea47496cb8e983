import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Problem } from '../base/problem.ts'
import { didYouMean, nearest } from '../base/suggest.ts'
import type { ToldCase } from '../report/told.ts'
import { checkableTables, type TableChecked } from '../run/check-heads.ts'
import type { ProjectOptions } from '../run/options.ts'
import type { VitestCase } from '../testing/vitest-reporter.ts'

/** Tests of notebooks as cases of a report: a suite for each file. */
export function testCases(cases: readonly VitestCase[], root: string): ToldCase[] {
  return cases.map(({ file, name, state, ms, errors }) => {
    const suite = path.relative(root, file).replaceAll('\\', '/')
    return {
      suite,
      name: name ?? 'the file could not be loaded',
      ms,
      outcome: state,
      problems: errors.map(({ message, line, column }): Problem => {
        const where = {
          file: suite,
          ...(line !== undefined && { line }),
          ...(column !== undefined && { column }),
        }
        return { code: 'test/failed', message: `${name ?? suite}: ${message.trim()}`, where }
      }),
    }
  })
}

/** Tables as cases, those that were never written as skipped. */
export function tableCases(tables: readonly TableChecked[]): ToldCase[] {
  return tables.map(({ table, seq, problems }) => ({
    suite: 'tables',
    name: table,
    ms: 0,
    outcome:
      seq === undefined
        ? 'skipped'
        : problems.some(({ severity }) => severity !== 'warn')
          ? 'failed'
          : 'passed',
    problems,
  }))
}

/** A Problem for each word that is part of the name of no test file and of no table. */
export async function unmatched(
  filters: readonly string[],
  root: string,
  options: ProjectOptions,
  { tables, notebooks }: { readonly tables: boolean; readonly notebooks: boolean },
): Promise<Problem[]> {
  const files = notebooks ? await testFiles(root) : []
  const left = filters.filter((word) => !files.some((file) => isPart(word, file, root)))
  if (left.length === 0) return []
  const names = tables ? (await checkableTables(options)).map(({ name }) => name) : []
  const whole = [...files.map((file) => path.basename(file).replace(/\.(test|spec)\.\w+$/, '')), ...names]
  // A part of a name is a good word too.
  const known = [...whole, ...whole.flatMap((name) => name.split(/[._-]/))]
  return left
    .filter((word) => !names.some((name) => name.includes(word)))
    .map((word) => {
      const what = notebooks
        ? tables
          ? 'no test file and no table has'
          : 'no test file has'
        : 'no table has'
      const hint = didYouMean(word, nearest(word, known).length > 0 ? known : whole)
      const message = `${what} '${word}' in its name`
      return { code: 'project/usage', message, ...(hint !== undefined && { hint }) }
    })
}

/** As vitest compares: a part of the path, in any case of letters, or a place in a file. */
function isPart(word: string, file: string, root: string): boolean {
  const plain = word.replace(/:\d+$/, '').replaceAll('\\', '/').replace(/^\.\//, '').toLowerCase()
  return file.toLowerCase().includes(plain) || path.posix.join(root, file).toLowerCase().includes(plain)
}

/** What vitest looks for by itself; where the project says what it looks for, all modules may be tests. */
async function testFiles(root: string): Promise<string[]> {
  const { glob } = await import('tinyglobby')
  const ignore = ['**/node_modules/**', '**/.git/**']
  const configs = await glob('{vitest,vite}.config.{ts,mts,cts,js,mjs,cjs}', { cwd: root })
  const texts = await Promise.all(configs.map((file) => readFile(path.join(root, file), 'utf8')))
  const own = texts.some((text) => /\b(include|projects|dir)\b/.test(text))
  const pattern = own ? '**/*.?(c|m)[jt]s?(x)' : '**/*.{test,spec}.?(c|m)[jt]s?(x)'
  return glob(pattern, { cwd: root, ignore })
}
