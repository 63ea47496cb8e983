/**
 * Paths of sources in which a name in braces stands for the value of a partition: `raw/trips_{month}_*.csv`. Braces
 * with a comma are those of a glob.
 */
const named = /\{([^{},/]+)\}/g

/** The names in the braces of a path, each once. */
export function pathNames(pattern: string): string[] {
  return [...new Set([...pattern.matchAll(named)].map(([, name]) => name ?? ''))]
}

/** The glob that finds the files of all values. */
export function pathGlob(pattern: string): string {
  return pattern.replace(named, '*')
}

/** Tells the values that a file was found for, by name; undefined for a file that the path does not name. */
export function pathReader(pattern: string): (file: string) => Readonly<Record<string, string>> | undefined {
  const names = pathNames(pattern)
  const form = new RegExp(`^${formOf(pattern.replace(/^(?:\.\/)+/, ''), names)}$`)
  return (file) => {
    const found = form.exec(file)
    return found ? Object.fromEntries(names.map((name, at) => [name, found[at + 1] ?? ''])) : undefined
  }
}

/** The parts of a glob, in the order in which they are looked for. */
const parts = /\{([^{},/]+)\}|\{([^{}]*)\}|\*\*\/|\*\*|\*|\?|\[!?([^\]]+)\]|[^{}*?[]+|./g

/** A glob as a regular expression: only for files that were found by it, so what is unusual may match too much. */
function formOf(pattern: string, names: readonly string[]): string {
  const seen = new Set<string>()
  return pattern.replace(parts, (text: string, name?: string, choice?: string) => {
    if (name !== undefined) {
      const group = names.indexOf(name) + 1
      if (seen.has(name)) return `\\${group}`
      seen.add(name)
      // No other group is made, so the groups stand in the order of the names.
      return '([^/]+?)'
    }
    if (choice !== undefined)
      return `(?:${choice
        .split(',')
        .map((each) => formOf(each, []))
        .join('|')})`
    if (text === '**/') return '(?:.*/)?'
    if (text === '**') return '.*'
    if (text === '*') return '[^/]*'
    if (text === '?') return '[^/]'
    if (text.startsWith('[') && text.length > 1) return text.replace(/^\[!/, '[^').replaceAll('\\', '\\\\')
    return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  })
}
