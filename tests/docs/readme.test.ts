import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { emptyFolder, sluice } from '../cli/rig.ts'
import { readPage, root } from './pages.ts'

/** One thing that the section tells a reader to do. */
type Act =
  | { readonly kind: 'call'; readonly words: readonly string[] }
  | { readonly kind: 'save'; readonly file: string; readonly text: string }
  | { readonly kind: 'replace'; readonly file: string; readonly from: string; readonly to: string }

/** The section of a page as what it tells a reader to do, in order. What npm does is left out. */
async function actsOf(title: string): Promise<Act[]> {
  const page = readPage('README.md', await readFile(`${root}README.md`, 'utf8'))
  const lines = page.prose.split('\n')
  const start = lines.indexOf(`## ${title}`) + 1
  const end = lines.findIndex((line, at) => at > start && line.startsWith('## ')) + 1
  const inside = (line: number) => line > start && line < end
  const acts = new Map<number, Act[]>()
  for (const { line, language, text } of page.blocks.filter((block) => inside(block.line))) {
    const saved = /`([\w./]+)`(?::| becomes:)$/.exec(
      lines.slice(0, line - 2).findLast((prose) => prose !== '' && !prose.startsWith('<!--')) ?? '',
    )?.[1]
    if (language === 'sh') acts.set(line, callsIn(text))
    else if (saved !== undefined) acts.set(line, [{ kind: 'save', file: saved, text }])
  }
  lines.forEach((line, at) => {
    const [, file, from, to] =
      /In `([^`]+)`, let `([^`]+)` be `([^`]+)`/.exec(inside(at + 1) ? line : '') ?? []
    if (file && from && to) acts.set(at, [{ kind: 'replace', file, from, to }])
  })
  return [...acts].toSorted(([a], [b]) => a - b).flatMap(([, list]) => list)
}

function callsIn(shell: string): Act[] {
  const calls = shell.split('\n').map((line) => line.replace(/\s+#.*$/, ''))
  return calls.flatMap((line) =>
    line.startsWith('npx sluice ') ? [{ kind: 'call', words: line.split(' ').slice(2) }] : [],
  )
}

test('the five minutes of README.md do what they say', async () => {
  const cwd = await emptyFolder()
  await mkdir(path.join(cwd, 'node_modules'))
  await symlink(root, path.join(cwd, 'node_modules/sluice'), 'junction')
  await symlink(path.join(root, 'node_modules/zod'), path.join(cwd, 'node_modules/zod'), 'junction')
  await writeFile(path.join(cwd, 'package.json'), '{ "name": "shop", "type": "module" }')

  const calls: (Awaited<ReturnType<typeof sluice>> & { readonly line: string })[] = []
  for (const act of await actsOf('Five minutes with your own notebook')) {
    if (act.kind === 'save') await writeFile(path.join(cwd, act.file), act.text)
    else if (act.kind === 'replace') {
      const file = path.join(cwd, act.file)
      const text = await readFile(file, 'utf8')
      expect(text).toContain(act.from)
      await writeFile(file, text.replace(act.from, act.to))
    } else {
      const ended = await sluice(act.words, { cwd })
      const line = act.words.join(' ')
      expect(ended.code, `${line}\n${ended.stdout}${ended.stderr}`).toBe(0)
      calls.push({ ...ended, line })
    }
  }

  const runs = calls.filter(({ line }) => line === 'run').map(({ stdout }) => stdout)
  expect(runs).toHaveLength(3)
  expect(runs[0]).toContain('2 ran')
  expect(runs[1]).toContain('2 ran, 2 fresh')
  // The change gives the same rows: nothing downstream runs.
  expect(runs[2]).toContain('1 ran, 3 fresh')
  expect(calls.find(({ line }) => line === 'plan')?.stdout).toMatch(/stale +clean_sales +code-changed/)
  expect(calls.find(({ line }) => line === 'show gold.revenue_per_shop')?.stdout).toContain('Berlin')
}, 120_000)
