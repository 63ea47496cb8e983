import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** A fenced block of a page. */
export interface Block {
  readonly page: string
  /** Of its first line of text, from 1. */
  readonly line: number
  readonly language: string
  readonly text: string
  /** What `<!-- example: ... -->` before it says; see `examples.ts`. */
  readonly note?: string
}

export interface Page {
  readonly file: string
  readonly text: string
  readonly blocks: readonly Block[]
  /** The text without fenced blocks: lines keep their numbers. */
  readonly prose: string
}

/** The pages that people read, by path. */
export function readPages(): Page[] {
  const docs = readdirSync(`${root}docs`).filter((name) => name.endsWith('.md'))
  const files = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...docs.map((name) => `docs/${name}`)]
  return files.map((file) => readPage(file, readFileSync(root + file, 'utf8')))
}

/** Takes a page apart. A fence is three backquotes at the start of a line. */
export function readPage(file: string, text: string): Page {
  const blocks: Block[] = []
  const prose: string[] = []
  let open: { line: number; language: string; note: string | undefined; lines: string[] } | undefined
  let note: string | undefined
  text.split('\n').forEach((line, at) => {
    prose.push(open === undefined && !line.startsWith('```') ? line : '')
    if (open !== undefined) {
      if (line !== '```') return void open.lines.push(line)
      const { lines, note: said, ...rest } = open
      blocks.push({
        page: file,
        ...rest,
        text: `${lines.join('\n')}\n`,
        ...(said !== undefined && { note: said }),
      })
      open = undefined
      note = undefined
      return
    }
    const fence = /^```(\w*)$/.exec(line)
    const said = /^<!-- example: (.*) -->$/.exec(line)?.[1]
    if (fence) open = { line: at + 2, language: fence[1] ?? '', note, lines: [] }
    else if (said !== undefined) note = said
    else if (line.trim() !== '') note = undefined
  })
  if (open !== undefined)
    throw new Error(`${file}: a fence that begins in line ${open.line - 1} does not end`)
  return { file, text, blocks, prose: prose.join('\n') }
}

/** Anchors of headings, as GitHub makes them. */
export function anchorsOf({ prose }: Page): Set<string> {
  const titles = [...prose.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) => title)
  return new Set(
    titles.map((title) =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(' ', '-'),
    ),
  )
}
