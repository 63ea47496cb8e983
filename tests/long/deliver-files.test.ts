import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, symlink } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { Rig } from '../run/rig.ts'

let rig: Rig | undefined
afterEach(() => rig?.close())

const rows = (values: string) => `import { notebook, sql, t, table } from 'sluice'
export const numbers = table('gold.numbers', { id: t.integer(), word: t.varchar().nullable() }, { key: ['id'] })
export default notebook({
  outputs: { numbers },
  select: { numbers: () => sql\`SELECT * FROM (VALUES ${values}) AS v(id, word)\` },
})
`
const flow = (links: string, options = '') => `import { flow, sink } from 'sluice'
import make, { numbers } from '../notebooks/make.ts'
export default flow('f'${options}).step(make)${links}
`
const toCsv = ".deliver(numbers, sink.csv({ file: 'out/n.csv' }))"

/** A project with one table and some deliveries. */
async function project(links: string, options = '', values = "(2, 'b'), (1, NULL)"): Promise<Rig> {
  rig = await Rig.open({ 'notebooks/make.ts': rows(values), 'flows/f.ts': flow(links, options) })
  return rig
}

const run = async (on: Rig, ...args: string[]) => {
  const { lines, out, err } = await on.sluice('run', '--json', '--env', 'prod', ...args)
  const ended = lines.filter(({ event }) => event === 'step-finished')
  const outcomes = Object.fromEntries(ended.map(({ step, outcome }) => [step, outcome]))
  return { outcomes, ended, text: out + err }
}

describe('a delivery to a file', () => {
  it('happens once for each version, and again when the file is not what was written', async () => {
    const made = await project(toCsv)
    const step = 'deliver_gold_numbers'
    expect((await run(made)).outcomes).toEqual({ make: 'ran', [step]: 'ran' })
    expect(await made.read('out/n.csv')).toBe('id,word\n1,\n2,b\n')
    expect((await run(made)).outcomes).toEqual({ make: 'fresh', [step]: 'fresh' })
    expect((await run(made)).outcomes).toEqual({ make: 'fresh', [step]: 'fresh' })
    // Other text, same rows: the table keeps its version, and nothing is delivered.
    await made.write({ 'notebooks/make.ts': rows("(1, NULL), (2, 'b')") })
    expect((await run(made)).outcomes).toEqual({ make: 'ran', [step]: 'fresh' })
    await made.write({ 'notebooks/make.ts': rows("(1, ''), (2, 'b')") })
    expect((await run(made)).outcomes).toEqual({ make: 'ran', [step]: 'ran' })
    expect(await made.read('out/n.csv')).toBe('id,word\n1,""\n2,b\n')
    for (const damage of [() => made.remove('out/n.csv'), () => made.write({ 'out/n.csv': 'other\n' })]) {
      await damage()
      expect((await run(made)).outcomes).toEqual({ make: 'fresh', [step]: 'ran' })
      expect(await made.read('out/n.csv')).toBe('id,word\n1,""\n2,b\n')
    }
    expect((await run(made, '--select', step, '--force')).outcomes).toEqual({ [step]: 'ran' })
  }, 120_000)

  it('is left out elsewhere, and told', async () => {
    const made = await project(toCsv)
    const { lines } = await made.sluice('run', '--json', '--env', 'dev')
    const ended = lines.find(
      ({ event, step }) => event === 'step-finished' && step === 'deliver_gold_numbers',
    )
    expect(ended).toMatchObject({ outcome: 'fresh', reasons: ['not-here'] })
    expect(existsSync(made.path('out'))).toBe(false)
  }, 60_000)

  it('is blocked when its table fails, and when a run that publishes as a whole does', async () => {
    const other = `import { notebook, sql, t, table } from 'sluice'
export const bad = table('gold.bad', { id: t.integer() })
export default notebook({ outputs: { bad }, select: { bad: () => sql\`SELECT 'x'::integer AS id\` } })
`
    const made = await project(`.step(bad)${toCsv}`, ", { publish: 'run' }")
    await made.write({
      'notebooks/bad.ts': other,
      'flows/f.ts': `import bad from '../notebooks/bad.ts'\n${flow(`.step(bad)${toCsv}`, ", { publish: 'run' }")}`,
    })
    const first = await run(made, '--keep-going')
    expect(first.outcomes, first.text).toMatchObject({ bad: 'failed', deliver_gold_numbers: 'blocked' })
    expect(existsSync(made.path('out'))).toBe(false)
    await made.write({ 'notebooks/bad.ts': other.replace("'x'", "'1'") })
    expect((await run(made)).outcomes).toMatchObject({ bad: 'ran', deliver_gold_numbers: 'ran' })
    expect(await made.read('out/n.csv')).toBe('id,word\n1,\n2,b\n')
    expect((await run(made)).outcomes).toMatchObject({ bad: 'fresh', deliver_gold_numbers: 'fresh' })
  }, 120_000)

  it('follows no link out of the project or into the lake', async () => {
    const made = await project(toCsv)
    await symlink(path.join(made.folder, '..'), made.path('out'))
    const out = await run(made)
    expect(out.outcomes, out.text).toMatchObject({ deliver_gold_numbers: 'failed' })
    await made.remove('out')
    await mkdir(made.path('storage/lake'), { recursive: true })
    await symlink(made.path('storage/lake'), made.path('out'))
    const lake = await run(made)
    expect(lake.outcomes, lake.text).toMatchObject({ deliver_gold_numbers: 'failed' })
    expect(lake.text).toContain('delivery/invalid')
  }, 60_000)

  it('refuses what a format cannot hold, and leaves the file as it is', async () => {
    const made = await project(".deliver(numbers, sink.json({ file: 'out/n.json' }))")
    await run(made)
    const before = await made.read('out/n.json')
    const text = (await made.read('notebooks/make.ts')).replace('t.varchar()', 't.double()')
    await made.write({ 'notebooks/make.ts': text.replace("'b'", "'nan'::double").replace('NULL', '1.5') })
    const { outcomes, text: said } = await run(made)
    expect(outcomes, said).toMatchObject({ make: 'ran', deliver_gold_numbers: 'failed' })
    expect(said).toContain('delivery/value')
    expect(await made.read('out/n.json')).toBe(before)
  }, 60_000)

  it('keeps formulas of strangers out of spreadsheets', async () => {
    const links = `.deliver(numbers, sink.csv({ file: 'out/n.csv', escapeFormulas: true }))
      .deliver(numbers, sink.excel({ file: 'out/n.xlsx' }), { name: 'workbook' })`
    const made = await project(links, '', `(1, '=1+1'), (2, '-x'), (3, 'a=1')`)
    await run(made)
    expect(await made.read('out/n.csv')).toBe("id,word\n1,'=1+1\n2,'-x\n3,a=1\n")
    const { readXlsx } = await import('hucre/xlsx')
    const { sheets } = await readXlsx(await readFile(made.path('out/n.xlsx')))
    expect(sheets.map(({ name }) => name)).toEqual(['gold.numbers'])
    expect(sheets[0]?.rows).toEqual([
      ['id', 'word'],
      [1, '=1+1'],
      [2, '-x'],
      [3, 'a=1'],
    ])
    expect(await readdir(made.path('out'))).toEqual(['n.csv', 'n.xlsx'])
  }, 60_000)

  it('is told in YAML flows too', async () => {
    const made = await project('')
    await made.remove('flows/f.ts')
    await made.write({
      'flows/f.yaml': `steps: [{ notebook: make }]
deliver:
  - table: gold.numbers
    to: { kind: ndjson, file: out/n.ndjson }
    columns: [id]
`,
    })
    const { outcomes, text } = await run(made)
    expect(outcomes, text).toMatchObject({ deliver_gold_numbers: 'ran' })
    expect(await made.read('out/n.ndjson')).toBe('{"id":1}\n{"id":2}\n')
    await made.edit('flows/f.yaml', 'gold.numbers', 'gold.number')
    await made.edit('flows/f.yaml', 'kind: ndjson', 'kind: ndjso')
    const wrong = await made.sluice('check')
    expect(wrong.out + wrong.err).toMatch(/f\.yaml:4:\d+/)
  }, 60_000)
})
