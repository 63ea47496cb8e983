import { extname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseSync } from 'oxc-parser'
import { transformSync } from 'oxc-transform'

/** A module as JavaScript, whose imports are still to be written. */
export interface PlainModule {
  /** What it imports and re-exports, as it was written. */
  readonly specifiers: readonly string[]
  /** Its text, with other specifiers in place of those. */
  readonly text: (specifiers: readonly string[]) => string
}

/** What tsx adds to modules, or treats in another way than Node does. */
const special = /\brequire\b|\bmodule\s*\.\s*exports\b|\b__(?:dirname|filename)\b/
const meta = /^import\.meta\.(?:url|dirname|filename)\b/

/**
 * A module of TypeScript or JavaScript as Node loads it by itself, with a source map that leads to the original.
 * Undefined where this could differ in anything from what tsx makes of it: then tsx has to load it.
 */
export function plainModule(path: string, source: string, verbatim: boolean): PlainModule | undefined {
  const lang = /^\.m?ts$/.test(extname(path)) ? 'ts' : 'js'
  const { code, map, errors } = transformSync(path, source, {
    lang,
    sourceType: 'module',
    sourcemap: true,
    typescript: { onlyRemoveTypeImports: verbatim },
  })
  if (errors.length > 0 || !map || special.test(code)) return undefined
  const { module, errors: faults } = parseSync('plain.mjs', code, { sourceType: 'module' })
  if (faults.length > 0 || module.dynamicImports.length > 0) return undefined
  if (!module.importMetas.every(({ start }) => meta.test(code.slice(start, start + 40)))) return undefined
  const requests = requestsIn(module)
  // A specifier ends its line, so that another in its place moves nothing that a stack could name.
  if (requests.some(({ end }) => !/^;?[ \t]*(?:\n|$)/.test(code.slice(end, end + 40)))) return undefined
  const head = module.importMetas.length > 0 ? aboutItself(path) : ''
  const { sourcesContent: _, ...rest } = { ...map, sources: [pathToFileURL(path).href] }
  const mapped = JSON.stringify({ ...rest, mappings: `${head && ';'}${map.mappings}` })
  const tail = `\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(mapped).toString('base64')}\n`
  return {
    specifiers: requests.map(({ value }) => value),
    text(specifiers) {
      let text = head
      let at = 0
      for (const [index, { start, end }] of requests.entries()) {
        text += code.slice(at, start) + JSON.stringify(specifiers[index])
        at = end
      }
      return text + code.slice(at) + tail
    },
  }
}

interface Request {
  readonly value: string
  readonly start: number
  readonly end: number
}

/** The specifiers of imports and of `export ... from`, in the order of the text. */
function requestsIn(module: ReturnType<typeof parseSync>['module']): Request[] {
  const requests = new Map<number, Request>()
  for (const { moduleRequest } of module.staticImports) requests.set(moduleRequest.start, moduleRequest)
  for (const { moduleRequest } of module.staticExports.flatMap(({ entries }) => entries)) {
    if (moduleRequest) requests.set(moduleRequest.start, moduleRequest)
  }
  return [...requests.values()].toSorted((a, b) => a.start - b.start)
}

/** `import.meta` as it is for the original: a line of its own. */
function aboutItself(path: string): string {
  const [url, file] = [pathToFileURL(path).href, path].map((text) => JSON.stringify(text))
  const folder = JSON.stringify(path.replace(/[\\/][^\\/]*$/, ''))
  return `import.meta.url = ${url}; import.meta.filename = ${file}; import.meta.dirname = ${folder};\n`
}
