import fc from 'fast-check'
import type { CheckRule } from '../../src/contract/check-form.ts'
import type { DeclaredColumn, DeclaredTable } from '../../src/contract/spec.ts'

const text = fc.oneof(
  fc.constantFrom(
    'yes',
    'no',
    'null',
    '~',
    '1.0',
    '# no comment',
    'a: b',
    '- x',
    '',
    ' lead',
    'two\nlines',
    '<<',
  ),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
)
const condition = fc.oneof(
  fc.constantFrom('a >= 0', "b <> 'it\"s'", 'length(c) > 2', "a IN ('x', 'y')"),
  fc.string({ minLength: 1, maxLength: 20 }).filter((each) => each.trim() === each && !/\s/.test(each)),
)
const plain = [
  'BOOLEAN',
  'TINYINT',
  'SMALLINT',
  'INTEGER',
  'BIGINT',
  'FLOAT',
  'DOUBLE',
  'DECIMAL(10,2)',
  'DECIMAL(38,0)',
  'VARCHAR',
  'JSON',
  'BLOB',
  'UUID',
  'DATE',
  'TIME',
  'TIMESTAMP',
  'TIMESTAMP WITH TIME ZONE',
]
const type = fc.letrec<{ any: string; struct: string }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    fc.constantFrom(...plain),
    fc.tuple(tie('any'), fc.boolean()).map(([item, nullable]) => `${item}${nullable ? ' NULL' : ''}[]`),
    tie('struct'),
  ),
  struct: fc
    .array(fc.tuple(fc.constantFrom('a', 'b c', 'say "x"', 'ünder'), tie('any'), fc.boolean()), {
      minLength: 1,
      maxLength: 3,
    })
    .map(
      (fields) =>
        `STRUCT(${fields
          .map(
            ([name, of, nullable], at) =>
              `"${name.replaceAll('"', '""')}${at}" ${of}${nullable ? ' NULL' : ''}`,
          )
          .join(', ')})`,
    ),
})).any

const column = fc
  .record({
    type,
    nullable: fc.boolean(),
    unique: fc.boolean(),
    checks: fc.uniqueArray(condition, { maxLength: 2 }),
    references: fc.option(
      fc.record({ table: fc.constantFrom('silver.zones', 'x'), column: fc.constantFrom('zone_id', 'b.c') }),
      { nil: undefined },
    ),
    description: fc.option(text, { nil: undefined }),
  })
  .map(({ unique, checks, references, ...spec }) => ({
    spec: { ...withoutNone(spec), type: spec.type.replace(/ NULL\b/g, '') },
    rules: (name: string): CheckRule[] => [
      ...(unique ? [{ kind: 'unique' as const, columns: [name] }] : []),
      ...checks.map((each) => ({ kind: 'row' as const, condition: each, column: name })),
      ...(references
        ? [{ kind: 'reference' as const, column: name, table: references.table, to: references.column }]
        : []),
    ],
  }))

/** Any contract that code can declare: types within types, names and texts that YAML could take for something else. */
export const anyTable: fc.Arbitrary<DeclaredTable> = fc
  .record({
    name: fc.constantFrom('trips', 'silver.trips', 'a-b.c_d.e'),
    columns: fc
      .uniqueArray(
        fc.tuple(fc.constantFrom('a', 'b', 'Say "x"', 'zone id', 'no', 'b.c', 'ünder', '1'), column),
        {
          selector: ([name]) => name,
          minLength: 1,
          maxLength: 5,
        },
      )
      .map((all) => ({
        columns: all.map(([name, { spec }]): DeclaredColumn => ({ name, ...spec })),
        rules: all.flatMap(([name, { rules }]) => rules(name)),
      })),
    keyed: fc.nat(3),
    checks: fc.uniqueArray(condition, { maxLength: 2 }),
    description: fc.option(text, { nil: undefined }),
    owner: fc.option(text, { nil: undefined }),
    tags: fc.option(fc.uniqueArray(text, { minLength: 1, maxLength: 3 }), { nil: undefined }),
    path: fc.constantFrom(undefined, 'old/place'),
  })
  .map(({ keyed, columns: { columns, rules }, checks, ...rest }): DeclaredTable => {
    const table = { ...withoutNone(rest), columns }
    const conditions = checks.map((each): CheckRule => ({ kind: 'row', condition: each }))
    return {
      ...table,
      checks: [...rules, ...conditions].map((rule, at) => ({
        name: `check_${at}`,
        severity: 'error',
        onFailure: 'fail',
        ...rule,
      })),
      key: table.columns
        .slice(0, keyed)
        .map(({ name }) => name)
        .toReversed(),
    }
  })

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> }

/** As code declares it: what is not said is not there. */
function withoutNone<T extends object>(record: T): Defined<T> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Defined<T>
}
