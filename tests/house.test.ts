import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const sources = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' })
  .map((name) => `src/${name.replaceAll('\\', '/')}`)
  .filter((path) => statSync(root + path).isFile())
  .toSorted()

describe('docs/architecture.md', () => {
  const named = pathsIn('docs/architecture.md')

  test('names every file of src', () => {
    const missing = sources.filter((path) => !named.has(path))
    expect(missing, `not named in docs/architecture.md:\n${missing.join('\n')}\n`).toEqual([])
  })

  test('names no file or folder that does not exist', () => {
    const gone = [...named].filter((path) => statSync(root + path, { throwIfNoEntry: false }) === undefined)
    expect(gone, `named in docs/architecture.md, but not there:\n${gone.join('\n')}\n`).toEqual([])
  })
})

describe('the size of the files of src', () => {
  const lengths = sources
    .filter((path) => path.endsWith('.ts'))
    .map((path) => ({
      path,
      lines: readFileSync(root + path, 'utf8')
        .trimEnd()
        .split('\n').length,
    }))
    .toSorted((a, b) => a.lines - b.lines)
  const at = (share: number) => lengths[Math.ceil(lengths.length * share) - 1]?.lines ?? NaN
  const longest = (count: number) =>
    `the longest:\n${lengths
      .slice(-count)
      .map(({ path, lines }) => `${path}: ${lines} lines`)
      .join('\n')}\n`

  test('there are files to measure', () => {
    expect(lengths.length).toBeGreaterThan(20)
  })

  test('half of them have at most 100 lines', () => {
    expect(at(0.5), longest(20)).toBeLessThanOrEqual(100)
  })

  test('nine of ten have at most 200 lines', () => {
    expect(at(0.9), longest(20)).toBeLessThanOrEqual(200)
  })

  test('none has more than 300 lines', () => {
    expect(
      lengths.filter(({ lines }) => lines > 300),
      longest(5),
    ).toEqual([])
  })
})

/**
 * The paths of this repository that a page names: `src/flow/plan.ts`, `tests/`, ... in backticks, in links or
 * as lines of a listing. A pattern (`*`, `<name>`) is no path.
 */
function pathsIn(page: string): Set<string> {
  const text = existsSync(root + page) ? readFileSync(root + page, 'utf8') : ''
  const found = text.matchAll(/(?<![\w./*<-])(?:\.\.\/)?((?:src|tests|scripts|bench|docs)\/[\w./*<>-]*)/g)
  const paths = [...found].map(([, path = '']) => path.replace(/[./]+$/, ''))
  return new Set(paths.filter((path) => !/[*<>]/.test(path)))
}
