import { describe, expect, it } from 'vitest'
import { notebook, sink, source, sql, t, table } from '../../src/index.ts'
import { flow } from '../../src/flow/flow.ts'
import type { Link } from '../../src/flow/flow.ts'
import { chain } from '../../src/flow/flow.ts'
import { targetClashes } from '../../src/flow/target-clashes.ts'
import type { Sink } from '../../src/contract/sink.ts'
import type { DeliverSettings } from '../../src/flow/delivery-types.ts'
import { selectSteps } from '../../src/flow/select-steps.ts'
import { declared, described, lines, resolved } from './kit.ts'

const revenue = table(
  'gold.revenue',
  { city: t.varchar(), day: t.date(), amount: t.decimal(10, 2).nullable() },
  { key: ['city', 'day'] },
)
const cities = table('gold.cities', { city: t.varchar() })
const make = notebook({
  name: 'make',
  outputs: { revenue, cities },
  select: { revenue: () => sql`SELECT 1`, cities: () => sql`SELECT 1` },
})
const made = flow('f').step(make)

/** A flow with a delivery that the types would refuse. */
function unsafe(to: unknown, settings: DeliverSettings = {}, tables: readonly unknown[] = [revenue]) {
  const link = { kind: 'deliver', tables, to: to as Sink, settings } as Link
  return chain<never>('f', {}, [...made.links, link], undefined)
}

describe('a delivery', () => {
  it('is a step with its table as input, and no outputs', () => {
    const plan = resolved(made.deliver(revenue.pick('city', 'day'), sink.csv({ file: './out//r.csv' })))
    expect(plan.byName.get('deliver_gold_revenue')).toMatchObject({
      kind: 'deliver',
      notebook: 'out/r.csv',
      sink: { kind: 'csv', file: 'out/r.csv' },
      upstream: ['make'],
      outputs: [],
      inputs: [{ name: 'gold.revenue', columns: [{ name: 'city' }, { name: 'day' }] }],
    })
  })

  it('is selected by its name, by its target, and with what is upstream', () => {
    const plan = resolved(made.deliver(cities, sink.csv({ file: 'out/c.csv' })))
    const chosen = (pattern: string) => selectSteps(plan, [pattern]).steps
    expect(chosen('deliver_gold_cities')).toEqual(['deliver_gold_cities'])
    expect(chosen('out/c.csv')).toEqual(['deliver_gold_cities'])
    expect(chosen('+deliver_*')).toEqual(['make', 'deliver_gold_cities'])
    expect(chosen('gold.cities+')).toEqual(['make', 'deliver_gold_cities'])
  })

  it('takes the key of the table, where its columns are delivered', () => {
    const to = { connection: 'shop', table: 'revenue', mode: 'upsert' as const }
    const keys = (settings: DeliverSettings, key?: readonly string[]) =>
      described(unsafe(sink.postgres({ ...to, ...(key && { key }) }), settings)).flow?.steps.at(-1)?.sink
    expect(keys({})).toMatchObject({ key: ['city', 'day'] })
    expect(keys({ columns: ['city'] }, ['city'])).toMatchObject({ key: ['city'] })
    expect(lines(described(unsafe(sink.postgres(to), { columns: ['city'] })).problems)).toEqual([
      "delivery/invalid: step 'deliver_gold_revenue': mode upsert needs a key",
    ])
  })

  it('takes several tables into a datapackage, and is called by its folder', () => {
    const whole = declared(made.deliver([revenue, cities], sink.datapackage({ folder: 'out/city-data/' })))
    expect(whole.steps.at(-1)).toMatchObject({ name: 'deliver_city-data', notebook: 'out/city-data/' })
  })

  it.each<[string, unknown, DeliverSettings, RegExp]>([
    ['an unknown kind', { kind: 'cvs', file: 'a' }, {}, /there is no sink 'cvs'/],
    ['no sink', undefined, {}, /it is given no sink/],
    ['an unknown option', { kind: 'csv', file: 'a.csv', delimeter: ';' }, {}, /has no option 'delimeter'/],
    ['no file', { kind: 'csv' }, {}, /`file` is missing/],
    ['a way out', { kind: 'csv', file: '../a.csv' }, {}, /does not lie in the project/],
    ['a hidden way out', { kind: 'csv', file: 'out/../../a.csv' }, {}, /does not lie in the project/],
    ['an absolute path', { kind: 'json', file: '/etc/a.json' }, {}, /does not lie in the project/],
    ['a path of another system', { kind: 'json', file: 'C:\\a.json' }, {}, /does not lie in the project/],
    ['our own folder', { kind: 'csv', file: '.sluice/a.csv' }, {}, /keeps its own files/],
    ['a folder', { kind: 'csv', file: 'out/' }, {}, /'out\/' is a folder, and no file/],
    ['code', { kind: 'csv', file: 'notebooks/a.ts' }, {}, /belongs to the project itself/],
    ['settings', { kind: 'json', file: 'Package.json' }, {}, /belongs to the project itself/],
    ['packages', { kind: 'parquet', file: 'node_modules/a.parquet' }, {}, /belongs to the project itself/],
    [
      'the folder of notebooks',
      { kind: 'datapackage', folder: 'notebooks/out' },
      {},
      /belongs to the project/,
    ],
    ['the whole project', { kind: 'datapackage', folder: './' }, {}, /is for more than a package/],
    [
      'three parts',
      { kind: 'sqlite', connection: 'a', table: 'a.b.c' },
      {},
      /'a\.b\.c' is no name of a table/,
    ],
    ['the ledger', { kind: 'sqlite', connection: 'a', table: 'Sluice_deliveries' }, {}, /is the ledger/],
    [
      'one text for a list',
      { kind: 'csv', file: 'a.csv' },
      { columns: 'city' as never },
      /has columns: "city"/,
    ],
    [
      'one text for environments',
      { kind: 'csv', file: 'a.csv' },
      { environments: 'dev' as never },
      /has environments: "dev"/,
    ],
    ['an unknown setting', { kind: 'csv', file: 'a.csv' }, { env: 'a' } as never, /has no option 'env'/],
    ['no columns', { kind: 'csv', file: 'a.csv' }, { columns: [] }, /it delivers no columns/],
    ['a column twice', { kind: 'csv', file: 'a.csv' }, { columns: ['city', 'city'] }, /'city' twice/],
    ['another ending', { kind: 'excel', file: 'out/a.csv' }, {}, /is no name of a workbook/],
    ['a long delimiter', { kind: 'csv', file: 'a.csv', delimiter: '||' }, {}, /is not one character/],
    ['no connection', { kind: 'postgres', table: 'a' }, {}, /`connection` is missing/],
    ['another mode', { kind: 'sqlite', connection: 'a', table: 'b', mode: 'merge' }, {}, /no mode 'merge'/],
    ['deletes without upsert', { kind: 'sqlite', connection: 'a', table: 'b', deletes: true }, {}, /deletes/],
    [
      'a key that is not there',
      { kind: 'sqlite', connection: 'a', table: 'b', key: ['ctiy'] },
      {},
      /'ctiy' is not delivered/,
    ],
    [
      'a key with NULL',
      { kind: 'sqlite', connection: 'a', table: 'b', key: ['amount'] },
      {},
      /'amount' may be NULL/,
    ],
    ['an unknown column', { kind: 'csv', file: 'a.csv' }, { columns: ['ctiy'] }, /has no column 'ctiy'/],
    ['a bad name', { kind: 'csv', file: 'a.csv' }, { name: 'a b' }, /its name may hold only/],
    ['a bad environment', { kind: 'csv', file: 'a.csv' }, { environments: ['a/b'] }, /environment 'a\/b'/],
    ['a bad limit', { kind: 'csv', file: 'a.csv' }, { retries: -1 }, /retries '-1' is not valid/],
  ])('refuses %s', (_, to, settings, expected) => {
    const { problems, flow: good } = described(unsafe(to, settings))
    expect(good).toBeUndefined()
    expect(lines(problems).join('\n')).toMatch(expected)
  })

  it('suggests what was meant', () => {
    const { problems } = described(unsafe({ kind: 'cvs', file: 'a' }))
    expect(problems[0]?.hint).toMatch(/csv/)
  })

  it('refuses a source, no table, and several tables for one file', () => {
    const to = sink.csv({ file: 'a.csv' })
    expect(lines(described(unsafe(to, {}, [undefined])).problems).join()).toMatch(/it is given no table/)
    expect(lines(described(unsafe(to, {}, [revenue, cities])).problems).join()).toMatch(/takes one table/)
  })

  it('refuses a table that no step writes', () => {
    const other = table('gold.other', { city: t.varchar() })
    expect(lines(described(unsafe(sink.csv({ file: 'a.csv' }), {}, [other])).problems)).toEqual([])
    const whole = declared(unsafe(sink.csv({ file: 'a.csv' }), {}, [other]))
    expect(() => resolved(unsafe(sink.csv({ file: 'a.csv' }), {}, [other]))).toThrow(
      /not produced by an earlier/,
    )
    expect(whole.steps).toHaveLength(2)
  })

  it('refuses two deliveries to one target, and into a package', () => {
    const two = made
      .deliver(revenue, sink.csv({ file: 'out/a.csv' }))
      .deliver(cities, sink.json({ file: './out/A.csv' }))
    expect(() => resolved(two)).toThrow(/both go to out\/A.csv/)
    const within = made
      .deliver(revenue, sink.csv({ file: 'out/p/data/a.csv' }))
      .deliver(cities, sink.datapackage({ folder: 'out/p' }))
    expect(() => resolved(within)).toThrow(/both go to out\/p/)
  })

  it('refuses to write what a source of the flow reads', () => {
    const read = made.source(source.csv('raw/*.csv', { columns: { city: t.varchar() } }))
    expect(() => resolved(read.deliver(cities, sink.csv({ file: 'raw/c.csv' })))).toThrow(
      /which source .* reads/,
    )
    expect(() => resolved(read.deliver(cities, sink.datapackage({ folder: 'raw' })))).toThrow(/reads/)
    expect(() => resolved(read.deliver(cities, sink.csv({ file: 'raw/deep/c.csv' })))).not.toThrow()
  })

  it('can stand in several flows when it is the same', () => {
    const one = declared(made.deliver(cities, sink.csv({ file: 'a.csv' })))
    const same = { ...one, name: 'g' }
    const other = declared(made.deliver(revenue, sink.csv({ file: 'a.csv' })))
    expect(targetClashes([one, same])).toEqual([])
    expect(targetClashes([one, { ...other, name: 'g' }]).map(({ code }) => code)).toEqual(['delivery/clash'])
  })
})
