import { expect, test } from 'vitest'
import { typeText } from '../../src/cli/notebook-help.ts'
import { exampleProject, sluice } from './rig.ts'

test('help of run tells the args of a notebook that is named', async () => {
  const cwd = await exampleProject()
  for (const words of [
    ['run', '--help', 'silver/clean_sales'],
    ['run', 'notebooks/silver/clean_sales.ts', '--help'],
    ['run', 'clean_sales', '-h'],
  ]) {
    const { code, stdout, stderr } = await sluice(words, { cwd })
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain('Usage: sluice run')
    expect(stdout).toMatch(/^ {2}--arg least=<number> +0 +the smallest amount that counts$/m)
  }
})

test('a notebook without args says so', async () => {
  const cwd = await exampleProject()
  const { stdout } = await sluice(['run', 'gold/revenue_by_city', '--help'], { cwd })
  expect(stdout).toContain(
    'notebooks/gold/revenue_by_city.ts: Adds up the sales of each city.\nIt has no args.\n',
  )
})

test('help of a flow is the help of run alone', async () => {
  const cwd = await exampleProject()
  const { code, stdout } = await sluice(['run', 'sales', '--help'], { cwd })
  expect([code, stdout.includes('--arg least')]).toEqual([0, false])
})

test.each([
  [{ type: 'number' }, 'number'],
  [{ enum: ['a', 'b'] }, 'a|b'],
  [{ const: 3 }, '3'],
  [{ type: 'array', items: { type: 'string' } }, 'string[]'],
  [{ type: 'string', format: 'date-time' }, 'date-time'],
  [{ anyOf: [{ type: 'number' }, { type: 'null' }] }, 'number|null'],
  [{}, 'value'],
  [true, 'value'],
])('the schema %j is the type %s', (schema, text) => {
  expect(typeText(schema)).toBe(text)
})
