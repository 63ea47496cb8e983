import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'
import { initFiles } from '../../src/cli/init-files.ts'
import { root, type Block, type Page } from './pages.ts'

/**
 * How a TypeScript block of a page is checked. What `<!-- example: ... -->` before it says:
 * - `file <path>`: it is that file of a project; other blocks of the page may import it;
 * - `in <frame>`: it is a piece of code, and stands where a frame has its hole;
 * - nothing, when its first line is the path of a file of this repository, `// notebooks/a.ts`: it quotes the file;
 * - nothing else: it is a module.
 */

/** Code around pieces. The hole is the comment. */
const frames: Readonly<Record<string, string>> = {
  definition: `import { notebook, t, table } from 'sluice'
import { z } from 'zod'
const out = table('a.b', { c: t.integer() })
export default notebook({
  outputs: { out },
  /* hole */
  async run({ outputs }) { await outputs.out.empty() },
})`,
  tables: `import { table, t } from 'sluice'
import { tripFiles } from '${root}notebooks/taxi/sources.ts'
/* hole */`,
  northwind: `import { flow } from 'sluice'
import importData from '${root}notebooks/northwind/import_data.ts'
import ingestData from '${root}notebooks/northwind/ingest_data.ts'
import { orderDetailsFile, ordersFile } from '${root}notebooks/northwind/sources.ts'
import analysis from '${root}flows/northwind_analysis.ts'
/* hole */`,
  chain: `import northwind from '${root}flows/northwind.ts'
import { table, t } from 'sluice'
import { salesOrderItems } from '${root}notebooks/northwind/import_data.ts'
import productRevenue from '${root}notebooks/northwind/analysis/product_revenue.ts'
const otherItems = table('northwind.OtherItems', salesOrderItems.columns)
export default northwind.source(otherItems)
  /* hole */`,
}

/** What the pages build on: the project that `sluice init` makes, and what `sluice new table` writes into it. */
const project: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    initFiles('0.1.0', 'shop')
      .filter(({ file }) => file.endsWith('.ts'))
      .map(({ file, text }) => [file, text]),
  ),
  'notebooks/bronze/shops.ts': `import { notebook, source, sql, t, table } from 'sluice'
export const shopsFile = source.csv('raw_data/shops.csv', { columns: { city: t.varchar(), shops: t.bigint() } })
export const shops = table('bronze.shops', shopsFile.columns)
export default notebook({
  inputs: { files: shopsFile },
  outputs: { shops },
  select: { shops: ({ files }) => sql\`SELECT city, shops FROM \${files} AS f\` },
})`,
}

/** The file of this repository that a block quotes, by its first line. */
export function quotedFile({ text, note }: Block): string | undefined {
  const file = /^(?:\/\/|#) ([\w./-]+\.(?:ts|yaml))$/.exec(text.split('\n')[0] ?? '')?.[1]
  return note === undefined && file !== undefined && existsSync(root + file) ? file : undefined
}

/** The lines of a quoting block that the file does not have; `...` stands for anything. */
export function misquotes(block: Block, file: string): string[] {
  const flat = (text: string) => text.replaceAll(/\s+/g, ' ').trim()
  const whole = flat(readFileSync(root + file, 'utf8'))
  const [, ...lines] = block.text.split('\n')
  const pieces = lines.flatMap((line) => line.split(/(?:\/\/ )?\.\.\.(?=\s|$)/))
  return pieces.map(flat).filter((piece) => piece !== '' && !whole.includes(piece))
}

/** What `tsc` says of the TypeScript blocks of all pages, as `page:line: message`. */
export function typeErrors(pages: readonly Page[]): string[] {
  const files = new Map<string, { text: string; block?: Block; shift: number }>()
  const roots: string[] = []
  for (const page of pages) {
    const folder = path.join(root, 'tests/docs/.examples', page.file)
    for (const [file, text] of Object.entries(project)) files.set(path.join(folder, file), { text, shift: 0 })
    page.blocks.filter(isCode).forEach((block, at) => {
      const { name, text, shift } = placed(block, at)
      files.set(path.join(folder, name), { text, block, shift })
      roots.push(path.join(folder, name))
    })
  }
  const options = { ...compilerOptions(), noUnusedLocals: false, noUnusedParameters: false }
  const program = ts.createProgram(roots, options, hostOver(files, options))
  const wrong = roots.flatMap((name) => {
    const source = program.getSourceFile(name)
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
  })
  return wrong.map((diagnostic) => {
    const { file, start = 0, messageText } = diagnostic
    const text = ts.flattenDiagnosticMessageText(messageText, ' ')
    const known = file && files.get(path.normalize(file.fileName))
    const line = file ? file.getLineAndCharacterOfPosition(start).line : 0
    if (known?.block) return `${known.block.page}:${known.block.line + line - known.shift}: ${text}`
    return `${file?.fileName ?? ''}:${line + 1}: ${text}`
  })
}

function isCode(block: Block): boolean {
  return block.language === 'ts' && quotedFile(block) === undefined
}

function placed(block: Block, at: number): { name: string; text: string; shift: number } {
  const [word = '', value = ''] = block.note?.split(' ') ?? []
  if (block.note === undefined)
    return { name: `example-${at}.ts`, text: `${block.text}export {}\n`, shift: 0 }
  if (word === 'file') return { name: value, text: block.text, shift: 0 }
  const [before, after] = frames[value]?.split('/* hole */') ?? []
  if (word !== 'in' || before === undefined)
    throw new Error(`${block.page}:${block.line}: unknown note '${block.note}'`)
  return {
    name: `example-${at}.ts`,
    text: before + block.text + (after ?? ''),
    shift: before.split('\n').length - 1,
  }
}

function compilerOptions(): ts.CompilerOptions {
  const file = path.join(root, 'tsconfig.json')
  const { config } = ts.readConfigFile(file, (name) => ts.sys.readFile(name)) as { config: object }
  return ts.parseJsonConfigFileContent(config, ts.sys, root).options
}

/** The real files with those of the examples over them. */
function hostOver(
  files: ReadonlyMap<string, { readonly text: string }>,
  options: ts.CompilerOptions,
): ts.CompilerHost {
  const host = ts.createCompilerHost(options)
  const textOf = (name: string) => files.get(path.normalize(name))?.text
  const folders = new Set([...files.keys()].flatMap((file) => foldersAbove(file)))
  return {
    ...host,
    fileExists: (name) => textOf(name) !== undefined || host.fileExists(name),
    readFile: (name) => textOf(name) ?? host.readFile(name),
    directoryExists: (name) => folders.has(path.normalize(name)) || ts.sys.directoryExists(name),
    getSourceFile: (name, version, ...rest) => {
      const text = textOf(name)
      return text === undefined
        ? host.getSourceFile(name, version, ...rest)
        : ts.createSourceFile(name, text, version, true)
    },
  }
}

function foldersAbove(file: string): string[] {
  const above = path.dirname(file)
  return above === file ? [] : [above, ...foldersAbove(above)]
}
