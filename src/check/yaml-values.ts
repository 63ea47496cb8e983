import type { Problem } from '../base/problem.ts'
import type { PagePath, YamlPage } from './yaml-page.ts'

/** Takes values out of a page by their paths; what is of another kind becomes a Problem and counts as absent. */
export class YamlValues {
  readonly page: YamlPage
  readonly problems: Problem[] = []
  readonly #value: unknown

  constructor(page: YamlPage) {
    this.page = page
    this.#value = page.value()
  }

  any(path: PagePath): unknown {
    return path.reduce<unknown>(
      (value, key) =>
        typeof value === 'object' && value !== null ? (value as { [key: string]: unknown })[key] : undefined,
      this.#value,
    )
  }

  text(path: PagePath): string | undefined {
    return this.#of(path, 'text', (value): value is string => typeof value === 'string')
  }

  /** A text that must be there. */
  needed(path: PagePath): string {
    const text = this.text(path)
    if (text !== undefined && text !== '') return text
    if (this.any(path) === undefined || text === '') this.wrong(path, `'${String(path.at(-1))}' is missing`)
    return ''
  }

  flag(path: PagePath): boolean | undefined {
    return this.#of(path, 'true or false', (value): value is boolean => typeof value === 'boolean')
  }

  number(path: PagePath): number | undefined {
    return this.#of(path, 'a number', (value): value is number => typeof value === 'number')
  }

  /** The paths of the items of a list; none where there is no list. */
  items(path: PagePath): PagePath[] {
    const list = this.#of(path, 'a list', (value): value is readonly unknown[] => Array.isArray(value)) ?? []
    return list.map((_, at) => [...path, at])
  }

  texts(path: PagePath): string[] {
    return this.items(path).flatMap((item) => this.text(item) ?? [])
  }

  wrong(path: PagePath, message: string, hint?: string): void {
    this.problems.push(this.page.problem(path, message, hint))
  }

  #of<T>(path: PagePath, what: string, is: (value: unknown) => value is T): T | undefined {
    const value = this.any(path)
    if (value === undefined || value === null) return undefined
    if (is(value)) return value
    this.wrong(path, `'${path.filter((key) => typeof key === 'string').at(-1) ?? ''}': ${what} is expected`)
    return undefined
  }
}
