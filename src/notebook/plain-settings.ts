import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** Settings of TypeScript that change where imports lead, or what the code does when it runs. */
const special =
  /"(?:paths|baseUrl|experimentalDecorators|emitDecoratorMetadata|useDefineForClassFields|rootDirs|jsx\w*)"/
/** Older targets assign to the fields of classes, newer ones define them. */
const target = /"target"\s*:\s*"(\w+)"/gi
const newer = /^(?:es202[2-9]|es20[3-9]\d|esnext)$/i

/**
 * What a project's `package.json` and `tsconfig.json` say of its modules; undefined where they ask for more than
 * that types are taken out of ECMAScript modules.
 */
export function plainSettings(root: string): { readonly verbatim: boolean } | undefined {
  const manifest = textOf(join(root, 'package.json'))
  if (manifest === undefined || (JSON.parse(manifest) as { type?: unknown } | null)?.type !== 'module')
    return undefined
  const texts = configs(nearestConfig(root))
  if (!texts || texts.some((text) => special.test(text))) return undefined
  const targets = texts.flatMap((text) => [...text.matchAll(target)].map((match) => match[1] ?? ''))
  if (!targets.every((name) => newer.test(name)) || (texts.length > 0 && targets.length === 0))
    return undefined
  const verbatim = texts.map((text) => /"verbatimModuleSyntax"\s*:\s*(\w+)/.exec(text)?.[1])
  const said = verbatim.find((value) => value !== undefined)
  return { verbatim: said === 'true' }
}

/** The texts of a configuration and of those that it extends, nearest first; undefined where one is not found. */
function configs(file: string | undefined): string[] | undefined {
  if (file === undefined) return []
  const texts: string[] = []
  for (let at: string | undefined = file; at !== undefined;) {
    const text = textOf(at)
    if (text === undefined) return undefined
    texts.push(text)
    if (!text.includes('"extends"')) return texts
    const extended = /"extends"\s*:\s*"([^"]+)"/.exec(text)?.[1]
    at = extended === undefined || texts.length > 8 ? undefined : found(at, extended)
  }
  return undefined
}

/** The `tsconfig.json` of the project, or the nearest above it. */
function nearestConfig(folder: string): string | undefined {
  const file = join(folder, 'tsconfig.json')
  if (existsSync(file)) return file
  const above = dirname(folder)
  return above === folder ? undefined : nearestConfig(above)
}

function found(from: string, extended: string): string | undefined {
  if (extended.startsWith('.')) return join(dirname(from), extended)
  try {
    return createRequire(from).resolve(extended)
  } catch {
    // What cannot be found is for tsx to tell.
    return undefined
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
