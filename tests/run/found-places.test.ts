import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Problem } from '../../src/base/problem.ts'
import { lookAtCode } from '../../src/notebook/code-version.ts'
import { openIndex } from '../../src/notebook/open-index.ts'
import { FoundPlaces, type FileHashes } from '../../src/run/found-places.ts'

const texts = {
  'notebooks/a.ts': `import { pick } from '../shared/pick.ts'\nimport '../shared/other.ts'\nexport default pick\n`,
  'shared/pick.ts': `export const pick = 'SELECT 1'\n`,
  'shared/other.ts': `export const other = 1\n`,
  'sql/query.sql': `SELECT 1\n`,
}
const problem = (file: string): Problem => ({
  code: 'query/order',
  message: 'no order',
  where: { file, line: 1 },
})

let root: string
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'sluice-places-'))
  for (const [file, text] of Object.entries(texts)) write(file, text)
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function write(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true })
  writeFileSync(path.join(root, file), text)
}

async function found(...problems: Problem[]): Promise<FileHashes | undefined> {
  const look = lookAtCode(root, openIndex(path.join(root, '.sluice/code')))
  await look.graph.load('notebooks/a.ts')
  return new FoundPlaces(root).of('notebooks/a.ts', problems, look)
}

test('where nothing is wrong there is nothing to remember', async () => {
  expect(await found()).toBeUndefined()
  expect(await new FoundPlaces(root).areStill(undefined)).toBe(true)
})

test.each([
  ['the notebook', 'notebooks/a.ts', false],
  ['the module in which a Problem stands', 'shared/pick.ts', false],
  ['the file of SQL in which one stands', 'sql/query.sql', false],
  ['another module behind the notebook', 'shared/other.ts', true],
])('a line more in %s (%s): places are still right: %s', async (_, file, still) => {
  const hashes = await found(problem('shared/pick.ts'), problem('sql/query.sql'))
  expect(await new FoundPlaces(root).areStill(hashes)).toBe(true)
  write(file, `\n${texts[file as keyof typeof texts]}`)
  expect(await new FoundPlaces(root).areStill(hashes)).toBe(still)
})

test('a file that is gone is another one', async () => {
  const hashes = await found(problem('sql/query.sql'))
  rmSync(path.join(root, 'sql/query.sql'))
  expect(await new FoundPlaces(root).areStill(hashes)).toBe(false)
})
