import { afterAll, describe, expect, test } from 'vitest'
import { NewProject, removeProjects } from '../cli/new-kit.ts'

afterAll(removeProjects)

const odcs = `
apiVersion: v3.0.2
kind: DataContract
id: shop
version: 1.0.0
status: active
team: { name: sales }
schema:
  - name: orders
    description: Orders of the shop.
    tags: [finance]
    properties:
      - { name: id, physicalType: NUMBER(18), primaryKey: true, required: true }
      - { name: placed at, physicalType: timestamp_ntz, required: true }
      - name: status
        logicalType: string
        quality:
          - { metric: invalidValues, arguments: { validValues: [open, done] }, mustBe: 0 }
          - { type: text, name: plausible, description: looks right }
      - name: pieces
        physicalType: int
        quality:
          - type: custom
            engine: sluice
            implementation: { kind: range, column: pieces, word: min, min: "1); process.exit(1" }
      - name: lines
        logicalType: array
        items:
          logicalType: object
          properties:
            - { name: sku, logicalType: string, required: true }
            - { name: n, logicalType: integer, logicalTypeOptions: { format: i32 } }
    quality:
      - { metric: rowCount, mustBeGreaterOrEqualTo: 1 }
  - name: odd
    properties:
      - { name: a, physicalType: GEOGRAPHY }
      - { name: b, logicalType: shape }
      - { name: B, logicalType: string }
`

const schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'People',
  type: 'object',
  required: ['id', 'age'],
  $defs: { address: { type: 'object', required: ['city'], properties: { city: { type: 'string' } } } },
  properties: {
    id: { type: 'string', format: 'uuid' },
    age: { type: 'integer', minimum: 0, maximum: 150 },
    at: { type: ['string', 'null'], format: 'date-time' },
    kind: { type: 'string', enum: ['a', "b'"] },
    code: { type: 'string', pattern: '^[A-Z]+$' },
    address: { $ref: '#/$defs/address' },
    tags: { type: 'array', items: { type: 'string' } },
    score: { type: 'number', exclusiveMinimum: 0 },
  },
}

describe('sluice new table from a contract', () => {
  test('writes a table from one object of an ODCS document, and says what it left out', async () => {
    const project = new NewProject()
    project.write('shop.odcs.yaml', odcs)
    const from = `${project.root}/shop.odcs.yaml`
    const printed = await project.new('table', 'shop.orders', '--from', from, '--object', 'orders')
    expect(printed).toContain("the quality rule 'plausible' of 'status' was left out")
    expect(project.read('notebooks/shop/orders_table.ts')).toBe(`import { check, t, table } from 'sluice'

export const orders = table(
  'shop.orders',
  {
    id: t.decimal(18, 0),
    'placed at': t.timestamp(),
    status: t.varchar().nullable().oneOf(['open', 'done']),
    pieces: t.integer().nullable().min('1); process.exit(1'),
    lines: t.list(t.struct({ sku: t.varchar(), n: t.integer().nullable() })).nullable(),
  },
  {
    key: ['id'],
    checks: [check.rowCount({ min: 1 })],
    description: 'Orders of the shop.',
    owner: 'sales',
    tags: ['finance'],
  },
)
`)
  })

  test('tells all that is wrong with a document, and writes nothing', async () => {
    const project = new NewProject()
    project.write('shop.odcs.yaml', odcs)
    const from = `${project.root}/shop.odcs.yaml`
    const several = await project.refused('table', 'shop.orders', '--from', from)
    expect(several.map(({ code, hint }) => [code, hint])).toEqual([
      ['contract/import', "there is 'orders', 'odd'"],
    ])
    const unknown = await project.refused('table', 'shop.orders', '--from', from, '--object', 'ordres')
    expect(unknown[0]?.hint).toContain("did you mean 'orders'")
    const odd = await project.refused('table', 'shop.odd', '--from', from, '--object', 'odd')
    expect(odd.map(({ code, where }) => [code, where?.line])).toEqual([
      ['contract/type-unknown', 37],
      ['contract/type-unknown', 38],
      ['contract/import', 39],
    ])
    expect(() => project.read('notebooks/shop/odd_table.ts')).toThrow('ENOENT')
  })

  test('writes a table from a JSON Schema that type-checks, in the form of prettier', async () => {
    const project = new NewProject()
    project.write('people.json', JSON.stringify(schema, null, 2))
    await project.new('table', 'hr.people', '--from', `${project.root}/people.json`)
    const file = 'notebooks/hr/people_table.ts'
    expect(project.read(file)).toContain(`{
    id: t.uuid(),
    age: t.bigint().between(0, 150),
    at: t.timestamptz().nullable(),
    kind: t.varchar().nullable().oneOf(['a', "b'"]),
    code: t.varchar().nullable().matches('^[A-Z]+$'),
    address: t.struct({ city: t.varchar() }).nullable(),
    tags: t.list(t.varchar()).nullable(),
    score: t.double().nullable().check('"score" > 0'),
  }`)
    expect(project.typeErrors()).toEqual([])
    expect(project.read(file)).toBe(await project.asFormatted(file))
  })

  test('reads a JSON Schema as pydantic and others write it, and says what it left out', async () => {
    const project = new NewProject()
    const properties = {
      of: { anyOf: [{ type: 'string', maxLength: 3 }, { type: 'null' }], title: 'Of' },
      kind: { enum: ['a', 'b', null] },
      one: { const: 1 },
      ref: { $ref: '#/$defs/cents', minimum: 0 },
      at: { type: 'string', format: 'date', minLength: 10 },
      small: { type: 'number', minimum: -1e-7, maximum: 1e300 },
    }
    const $defs = { cents: { type: 'number', multipleOf: 0.01 } }
    const required = Object.keys(properties)
    project.write('py.schema.json', JSON.stringify({ type: 'object', required, properties, $defs }))
    const printed = await project.new('table', 'x.py', '--from', `${project.root}/py.schema.json`)
    expect(project.read('notebooks/x/py_table.ts')).toContain(`{
    of: t.varchar().nullable().check('length("of") <= 3'),
    kind: t.varchar().nullable().oneOf(['a', 'b']),
    one: t.bigint().oneOf([1]),
    ref: t.double(),
    at: t.date(),
    small: t.double().between(-1e-7, 1e+300),
  }`)
    expect(project.typeErrors()).toEqual([])
    const left = [...printed.matchAll(/'(\w+)' of '(\w+)' was left out/g)].map(
      ([, word, of]) => `${of}.${word}`,
    )
    expect(left).toEqual(['ref.multipleOf', 'ref.minimum', 'at.minLength'])
  })

  test('says which checks rejected rows and do not any more', async () => {
    const project = new NewProject()
    const rejecting = odcs.replace(
      'mustBe: 0 }\n',
      'mustBe: 0, customProperties: [{ property: sluiceOnFailure, value: reject }] }\n',
    )
    project.write('shop.odcs.yaml', rejecting)
    const from = `${project.root}/shop.odcs.yaml`
    const printed = await project.new('table', 'shop.orders', '--from', from, '--object', 'orders')
    expect(printed).toContain("these checks rejected rows and fail the step now: 'status_one_of'")
  })

  test('names each property of a JSON Schema that is no column', async () => {
    const project = new NewProject()
    const properties = {
      a: { type: ['string', 'integer'] },
      b: { anyOf: [] },
      c: { type: 'array', items: { type: 'x' } },
    }
    project.write('odd.schema.json', JSON.stringify({ type: 'object', properties }, null, 2))
    const problems = await project.refused('table', 'x.odd', '--from', `${project.root}/odd.schema.json`)
    expect(problems.map(({ code, message }) => [code, message.slice(0, 10).trim()])).toEqual([
      ['contract/type-unknown', `'a': ["str`],
      ['contract/type-unknown', `'b': it ha`],
      ['contract/type-unknown', `'c.items':`],
    ])
  })

  test('takes no options that are about rows, and --object for nothing else', async () => {
    const project = new NewProject()
    project.write('shop.odcs.yaml', odcs)
    project.write('raw/a.csv', 'a\n1\n')
    const from = `${project.root}/shop.odcs.yaml`
    for (const words of [
      ['--from', from, '--key', 'id'],
      ['--from', `${project.root}/raw/a.csv`, '--object', 'x'],
    ])
      expect((await project.refused('table', 'x.y', ...words))[0]?.code).toBe('project/usage')
  })
})
