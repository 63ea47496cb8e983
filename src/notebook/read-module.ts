import { extname } from 'node:path'
import { sha256 } from '../base/digest.ts'
import type { Json } from '../base/wire.ts'
import { faulty, nothing, withoutMark, type ModuleInfo } from './module-info.ts'

/** Languages by ending, as oxc names them. */
const languages: Readonly<Record<string, 'ts' | 'tsx' | 'js' | 'jsx' | undefined>> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.tsx': 'tsx',
  '.js': 'js',
  '.mjs': 'js',
  '.cjs': 'js',
  '.jsx': 'jsx',
}

/** Loaded when a file must be read, so that a run in which no file changed does not load the compilers; once. */
let analysis: Promise<typeof import('./analyse.ts')> | undefined

/** Whether a file is a module that can import others. */
export function isModulePath(path: string): boolean {
  return languages[extname(path)] !== undefined
}

/**
 * Reads one file statically; nothing of it is executed. `content` is the file's bytes. A module that does not
 * parse gets a `fault` instead of pieces.
 */
export async function readModule(path: string, content: Buffer): Promise<ModuleInfo & Json> {
  const language = languages[extname(path)]
  if (language) {
    const { analyse } = await (analysis ??= import('./analyse.ts'))
    return analyse(path, content.toString('utf8'), language)
  }
  if (extname(path) === '.json') return readJson(content.toString('utf8'))
  return { kind: 'bytes', digest: sha256(content), ...nothing }
}

/** JSON as the program sees it: the order of keys counts, the layout does not. */
function readJson(text: string): ModuleInfo & Json {
  const source = withoutMark(text)
  try {
    return { kind: 'json', digest: sha256(JSON.stringify(JSON.parse(source))), ...nothing }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    const offset = Number(/position (\d+)/.exec(error.message)?.[1] ?? 0)
    return faulty('json', source, offset, error.message)
  }
}
