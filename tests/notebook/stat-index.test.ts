import { execFileSync } from 'node:child_process'
import { readdirSync, utimesSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { hashBytes, hashFile } from '../../src/base/file-hash.ts'
import { codeVersion, lookAtCode } from '../../src/notebook/code-version.ts'
import { openIndex } from '../../src/notebook/open-index.ts'
import { StatIndex } from '../../src/notebook/stat-index.ts'
import { removeProjects, SmallProject } from './small-project.ts'

afterEach(removeProjects)

/** A clock ahead of that of the files: what is read counts as old enough. */
const later = (): number => Date.now() + 60_000

function folder(): { project: SmallProject; open: (clock?: () => number, tools?: string) => StatIndex } {
  const project = new SmallProject({ 'a.txt': 'one' })
  return {
    project,
    open: (clock = later, tools = 'v1') => StatIndex.open(project.path('.sluice/index.json'), tools, clock),
  }
}

const length = (content: Buffer): number => content.length

describe('a stat index', () => {
  it('knows the hash of a file as long as its stat stays the same', async () => {
    const { project, open } = folder()
    const index = open()
    const file = project.path('a.txt')
    expect(index.lookup(file)).toBeUndefined()
    const hash = await index.contentHash(file)
    expect(hash).toBe(await hashBytes(Buffer.from('one')))
    index.save()
    expect(open().lookup(file)?.hash).toBe(hash)
    project.write('a.txt', 'two')
    expect(open().lookup(file)).toBeUndefined()
  })

  it('says null for what is not a file', async () => {
    const { project, open } = folder()
    const index = open()
    for (const path of [project.path('none'), project.path('a.txt/b'), project.root]) {
      expect(index.lookup(path)).toBeNull()
      expect(await index.contentHash(path)).toBeNull()
      expect(await index.data(path, 'length', length)).toBeNull()
    }
  })

  it('hashes a file again that had changed within 2 s of its reading', async () => {
    const { project, open } = folder()
    const file = project.path('a.txt')
    const index = open(Date.now)
    await index.contentHash(file)
    index.save()
    const next = open()
    expect(next.lookup(file)).toBeUndefined()
    expect(await next.contentHash(file)).not.toBeNull()
    expect(next.lookup(file)).toBeDefined()
  })

  it('sees an edit of the same size whose mtime was put back', async () => {
    const { project, open } = folder()
    const file = project.path('a.txt')
    utimesSync(file, 1000, 1000)
    const index = open()
    const before = await index.contentHash(file)
    project.write('a.txt', 'two')
    utimesSync(file, 1000, 1000)
    expect(await index.contentHash(file)).not.toBe(before)
  })

  it('keeps the data through a touch, and makes it anew for other content', async () => {
    const { project, open } = folder()
    const file = project.path('a.txt')
    let made = 0
    const count = (content: Buffer): number => (made++, content.length)
    const index = open()
    await index.data(file, 'length', count)
    utimesSync(file, 1000, 1000)
    expect(await index.data(file, 'length', count)).toBe(3)
    await index.contentHash(file)
    expect(made).toBe(1)
    project.write('a.txt', 'three')
    expect(await index.data(file, 'length', count)).toBe(5)
    expect(made).toBe(2)
  })

  it('keeps data of several kinds, and what was noted, beside each other', async () => {
    const { project, open } = folder()
    const file = project.path('a.txt')
    const index = open()
    await index.data(file, 'length', length)
    await index.data(file, 'text', String)
    index.annotate(file, 'noted', ['x'])
    index.save()
    expect(open().lookup(file)?.data).toEqual({ length: 3, text: 'one', noted: ['x'] })
  })

  it('forgets data of other tools and keeps the hash', async () => {
    const { project, open } = folder()
    const file = project.path('a.txt')
    const index = open()
    await index.data(file, 'length', length)
    index.save()
    const entry = open(later, 'v2').lookup(file)
    expect(entry?.data).toEqual({})
    expect(entry?.hash).toBe(await hashFile(file))
  })

  it('keeps what another process saved meanwhile, and drops files that are gone', async () => {
    const { project, open } = folder()
    project.write('b.txt', 'b')
    project.write('c.txt', 'c')
    const [one, two] = [open(), open()]
    await one.contentHash(project.path('a.txt'))
    await one.contentHash(project.path('c.txt'))
    one.save()
    project.remove('c.txt')
    await two.contentHash(project.path('b.txt'))
    two.save()
    const index = open()
    expect(index.lookup(project.path('a.txt'))).toBeDefined()
    expect(index.lookup(project.path('b.txt'))).toBeDefined()
    expect(index.peek(project.path('c.txt'))).toBeUndefined()
    expect(readdirSync(project.path('.sluice'))).toEqual(['index.json'])
  })

  it('writes nothing when nothing changed', async () => {
    const { project, open } = folder()
    open().save()
    expect(readdirSync(project.root)).toEqual(['a.txt'])
  })

  it.each(['', '{', 'null', '[]', '{"format":9}'])('counts as empty when its file holds %j', async (text) => {
    const { project, open } = folder()
    project.write('.sluice/index.json', text)
    const index = open()
    expect(index.lookup(project.path('a.txt'))).toBeUndefined()
    expect(await index.contentHash(project.path('a.txt'))).not.toBeNull()
  })

  it('hashes big files in pieces to what they hash to as a whole', async () => {
    const { project, open } = folder()
    const bytes = 'x'.repeat(3_000_000)
    project.write('big', bytes)
    expect(await open().contentHash(project.path('big'))).toBe(await hashBytes(Buffer.from(bytes)))
  })
})

describe('a look at unchanged code', () => {
  it('loads no compiler, resolver or native hash', async () => {
    const project = new SmallProject({
      'package.json': '{}',
      'a.ts':
        "import { b } from './b.ts'\nimport { x } from 'x'\nexport const a = [b, x, new URL('c.sql', import.meta.url)]\n",
      'b.ts': 'export const b = 1\n',
      'c.sql': 'SELECT 1',
      'node_modules/x/package.json': '{ "name": "x", "version": "1.0.0", "main": "x.js" }',
      'node_modules/x/x.js': 'exports.x = 1',
      'node_modules/.package-lock.json': '{ "packages": {} }',
    })
    const look = (): { version: string; loaded: string[] } => {
      const script = fileURLToPath(new URL('look.ts', import.meta.url))
      const text = execFileSync(process.execPath, ['--import', 'tsx', script, project.root, 'a.ts'], {
        encoding: 'utf8',
      })
      return JSON.parse(text) as { version: string; loaded: string[] }
    }
    const cold = look()
    expect(cold.loaded.join()).toMatch(/oxc/)
    const index = openIndex(project.path('.sluice'), later)
    expect((await codeVersion('a.ts', lookAtCode(project.root, index))).version).toBe(cold.version)
    index.save()
    expect(look()).toEqual({ version: cold.version, loaded: [] })
  })
})
