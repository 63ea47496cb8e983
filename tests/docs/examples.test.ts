import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { problemCodes } from '../../src/base/codes.ts'
import { t } from '../../src/contract/types.ts'
import { parseConfig } from '../../src/flow/project-config.ts'
import { parseYamlFlow } from '../../src/flow/yaml.ts'
import { isManifest, manifestFault } from '../../src/lake/manifest-shape.ts'
import type { Shape } from '../../src/base/form.ts'
import { parseStorageConfig } from '../../src/storage/config-form.ts'
import { callsIn, commandLine, faultOf } from './commands.ts'
import { misquotes, quotedFile, typeErrors } from './examples.ts'
import { anchorsOf, readPages, root, type Block } from './pages.ts'

const pages = readPages()
const blocks = pages.flatMap((page) => page.blocks)
const inLanguage = (language: string) => blocks.filter((block) => block.language === language)
const placeOf = (block: Block) => `${block.page}:${block.line}`
const textOf = (file: string) => pages.find((page) => page.file === file)?.text ?? ''

describe('the examples of the documentation', () => {
  test('type-check', () => {
    expect(inLanguage('ts').length).toBeGreaterThan(10)
    expect(typeErrors(pages)).toEqual([])
  }, 120_000)

  test('quote files of this repository as they are', () => {
    const wrong = blocks.flatMap((block) => {
      const file = quotedFile(block)
      return file === undefined
        ? []
        : misquotes(block, file).map((piece) => `${placeOf(block)}: ${file} has no '${piece}'`)
    })
    expect(wrong).toEqual([])
  })

  test.each(inLanguage('json').map((block) => [placeOf(block), block] as const))(
    'are JSON: %s',
    (_, block) => {
      const value = JSON.parse(block.text) as Shape
      if (block.note === 'manifest') expect(isManifest(value) ? '' : manifestFault(value)).toBe('')
    },
  )

  test.each(inLanguage('yaml').map((block) => [placeOf(block), block] as const))(
    'are YAML: %s',
    (_, { text, note = '' }) => {
      expect(parse(text)).toBeTypeOf('object')
      if (note === 'file sluice.yaml') parseConfig(text, 'sluice.yaml')
      else if (note.startsWith('file storage/')) parseStorageConfig(text, path.basename(note, '.yaml'))
      else if (note.startsWith('file flows/'))
        expect(parseYamlFlow(text, note.slice('file '.length)).problems).toEqual([])
    },
  )

  test('call commands and options that exist', () => {
    const calls = pages.flatMap(callsIn)
    expect(calls.length).toBeGreaterThan(20)
    expect(calls.flatMap((call) => faultOf(call) ?? [])).toEqual([])
  })

  test('call scripts of package.json that exist', () => {
    const { scripts } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { scripts: object }
    const called = pages.flatMap(({ text }) =>
      [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, name = '']) => name),
    )
    expect([...new Set(called)].filter((name) => !Object.hasOwn(scripts, name))).toEqual([])
  })
})

describe('the links of the documentation', () => {
  const links = pages.flatMap((page) =>
    [...page.prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, to = '']) => ({ page, to })),
  )

  test('lead to files and headings that exist', () => {
    const inside = links.filter(({ to }) => !/^[a-z]+:/.test(to))
    expect(inside.length).toBeGreaterThan(10)
    const broken = inside.filter(({ page, to }) => {
      const [file = '', anchor] = to.split('#')
      const target = file === '' ? page.file : path.posix.join(path.posix.dirname(page.file), file)
      if (!existsSync(root + target)) return true
      const known = pages.find((each) => each.file === target)
      return anchor !== undefined && (known === undefined || !anchorsOf(known).has(anchor))
    })
    expect(broken.map(({ page, to }) => `${page.file}: ${to}`)).toEqual([])
  })

  test('name paths of this repository that exist', () => {
    const named = pages.flatMap((page) =>
      [...page.prose.matchAll(/`((?:src|tests|scripts|bench|docs)\/[\w./-]*)`/g)].map(
        ([, file = '']) => `${page.file}: ${file}`,
      ),
    )
    expect(named.filter((name) => !existsSync(root + (name.split(': ')[1] ?? '')))).toEqual([])
  })
})

describe('the reference pages', () => {
  test('contracts.md has every column type', () => {
    const missing = Object.keys(t).filter((name) => !textOf('docs/contracts.md').includes(`\`t.${name}(`))
    expect(missing).toEqual([])
  })

  test('freshness.md has every reason word', () => {
    const source = readFileSync(`${root}src/freshness/reason.ts`, 'utf8')
    const words = [...source.matchAll(/^ {2}\| '([\w-]+)'/gm)].map(([, word = '']) => word)
    expect(words.length).toBeGreaterThan(10)
    expect(words.filter((word) => !textOf('docs/freshness.md').includes(`| \`${word}\` `))).toEqual([])
  })

  test('errors.md has every code and its meaning', () => {
    const page = textOf('docs/errors.md').replaceAll(/ +/g, ' ')
    const missing = Object.entries(problemCodes).filter(
      ([code, meaning]) => !page.includes(`| \`${code}\` | ${meaning} |`),
    )
    expect(missing, 'run `npm run docs`').toEqual([])
  })

  test('README.md has every command', () => {
    const names = commandLine().commands.flatMap((command) => {
      const inner = command.commands.map((each) => `${command.name()} ${each.name()}`)
      return inner.length > 0 ? inner : [command.name()]
    })
    expect(
      names.filter((name) => !new RegExp(`\\| \`sluice ${name}[ \`]`).test(textOf('README.md'))),
    ).toEqual([])
  })

  test('storage-layout.md shows a checksum that is right', () => {
    const [sealed] = blocks.filter(({ note }) => note === 'sealed')
    const [, text = '', checksum] = /^(.*),"checksum":"([0-9a-f]{64})"\}\n$/.exec(sealed?.text ?? '') ?? []
    expect(createHash('sha256').update(`${text}}`).digest('hex')).toBe(checksum)
  })
})
