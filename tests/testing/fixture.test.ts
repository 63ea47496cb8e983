import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { problemsOf } from '../../src/base/problem.ts'
import { given, rows } from '../../src/testing.ts'
import { keepPrices, kept, prices } from './notebooks.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-fixtures-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function file(name: string, text: string): Promise<string> {
  await writeFile(path.join(folder, name), text)
  return path.join(folder, name)
}

describe('rows in files', () => {
  test.each([
    ['csv', 'item,price,big\ntea,5,9007199254740993\n"coffee, black",,1\n'],
    ['json', '[{"item":"tea","price":5,"big":9007199254740993},{"item":"coffee, black","price":null}]'],
    ['yaml', '- { item: tea, price: 5, big: 9007199254740993 }\n- item: coffee, black\n  price:\n'],
  ] as const)('are given and expected: %s', async (format, text) => {
    const raw = rows[format](await file(`good.${format}`, text), prices)
    const run = given(keepPrices, { prices: raw })
    await run.expect({ kept: [{ item: 'tea', price: 5 }] })
    await run.expect({ kept: rows.yaml(await file('expected.yaml', '- item: tea'), kept) })
  })

  test.each([
    ['csv', 'item,prise\ntea,1\n', 'source/columns', undefined],
    ['csv', 'item,price\ntea,cheap\n', 'source/value', 2],
    ['json', '[{"item":"tea"},\n{"itm":1}]', 'source/columns', 2],
    ['yaml', '- item: tea\n  price: cheap\n  at: 2019-02-30\n', 'source/value', 2],
    ['yaml', 'item: tea', 'source/format', 1],
    ['json', '[{"item":', 'source/format', 1],
  ] as const)('that are wrong are told with their place: %s %j', async (format, text, code, line) => {
    const name = await file(`bad.${format}`, text)
    try {
      await given(keepPrices, { prices: rows[format](name, prices) }).rows('kept')
      expect.unreachable()
    } catch (error) {
      const [problem] = problemsOf(error) ?? []
      expect([problem?.code, problem?.where?.file]).toEqual([code, name])
      if (line !== undefined) expect(problem?.where?.line).toBe(line)
    }
  })

  test('that are not there are told', async () => {
    const run = given(keepPrices, { prices: rows.csv('nowhere.csv', prices) })
    await expect(run.rows('kept')).rejects.toThrow(/no file .*tests\/testing\/nowhere\.csv/)
  })
})
