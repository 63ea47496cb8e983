import fc from 'fast-check'
import type { CheckRule } from '../../src/contract/check-form.ts'
import { nameOfRule } from '../../src/contract/check-name.ts'
import type { DeclaredCheck, DeclaredColumn, DeclaredTable } from '../../src/contract/spec.ts'

const text = fc.oneof(
  fc.constantFrom(
    'yes',
    'no',
    '2020-01-01',
    '1:30',
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
  fc.constantFrom(
    'a >= 0',
    "b <> 'it\"s'",
    'length(c) > 2',
    "a IN ('x', 'y')",
    'a > 0 -- why',
    'a -- b\n',
    "a = '--'",
  ),
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
    readAs: fc.constantFrom(undefined, 'number' as const, 'micros' as const),
    description: fc.option(text, { nil: undefined }),
  })
  .map((spec): Omit<DeclaredColumn, 'name'> => ({
    ...withoutNone(spec),
    type: spec.type.replace(/ NULL\b/g, ''),
  }))

const reaction = fc.constantFrom(
  { severity: 'error', onFailure: 'fail' } as const,
  { severity: 'warn', onFailure: 'warn' } as const,
  { severity: 'warn', onFailure: 'reject' } as const,
  { severity: 'error', onFailure: 'reject' } as const,
)
const value = fc.oneof(fc.constantFrom('1', '0.10', '-5', '2019-01-31', 'yes', 'null', ''), text)
const bounds = fc
  .tuple(fc.option(fc.nat(9), { nil: undefined }), fc.nat(9), fc.boolean())
  .map(([low, high, alone]) =>
    low === undefined ? { max: high } : alone ? { min: low } : { min: low, max: low + high },
  )

/** Checks of every kind, over some columns. */
function rules(columns: readonly string[]): fc.Arbitrary<CheckRule> {
  const at = fc.constantFrom(...columns)
  const of = (kind: CheckRule['kind'], rest: fc.Arbitrary<object>) =>
    rest.map((each) => ({ kind, ...each }) as unknown as CheckRule)
  return fc.oneof(
    of('row', fc.record({ condition, column: fc.option(at, { nil: undefined }) }).map(withoutNone)),
    of('oneOf', fc.record({ column: at, values: fc.uniqueArray(value, { minLength: 1, maxLength: 3 }) })),
    of('range', fc.record({ column: at, word: fc.constant('between'), min: value, max: value })),
    of('range', fc.record({ column: at, word: fc.constant('min'), min: value })),
    of('matches', fc.record({ column: at, pattern: condition, flags: fc.constantFrom('', 'i') })),
    of(
      'reference',
      fc.record({
        column: at,
        table: fc.constantFrom('silver.zones', 'x', 'a.b.c_d-e'),
        to: fc.constantFrom('zone_id', 'b.c', 'zone id'),
      }),
    ),
    of('unique', fc.record({ columns: fc.uniqueArray(at, { minLength: 1, maxLength: 2 }) })),
    of('rowCount', bounds),
    of('fresh', fc.record({ column: at, within: fc.constantFrom('24h', '7d') })),
    of(
      'query',
      fc.record({
        query: fc.record({
          text: text,
          params: fc.constant(['a', 1, null, { $bigint: '5' }]),
          relations: fc.constant(['self']),
        }),
        tables: fc.constantFrom({}, { zones: 'silver.zones' }),
      }),
    ),
    of(
      'value',
      fc.tuple(condition, bounds).map(([expression, some]) => ({ expression, ...some })),
    ),
  )
}

/** Any contract that code can declare: types within types, names and texts that YAML could take for something else. */
export const anyTable: fc.Arbitrary<DeclaredTable> = fc
  .uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'Say "x"', 'zone id', 'no', 'b.c', 'ünder', '1'), column), {
    selector: ([name]) => name,
    minLength: 1,
    maxLength: 5,
  })
  .map((all) => all.map(([name, spec]): DeclaredColumn => ({ name, ...spec })))
  .chain((columns) =>
    fc.record({
      name: fc.constantFrom('trips', 'silver.trips', 'a-b.c_d.e'),
      columns: fc.constant(columns),
      key: fc.uniqueArray(fc.constantFrom(...columns.map(({ name }) => name)), { maxLength: 3 }),
      checks: fc
        .array(fc.tuple(rules(columns.map(({ name }) => name)), reaction, fc.boolean()), { maxLength: 4 })
        .map((all) => all.map(([rule, does, named], at) => checkOf(rule, does, named, at))),
      rejects: fc.constantFrom(undefined, 'silver.trips_rejects'),
      partitionBy: fc
        .uniqueArray(fc.constantFrom(...columns.map(({ name }) => name)), { maxLength: 3 })
        .map((by) => (by.length > 0 ? by : undefined)),
      description: fc.option(text, { nil: undefined }),
      owner: fc.option(text, { nil: undefined }),
      tags: fc.option(fc.uniqueArray(text, { minLength: 1, maxLength: 3 }), { nil: undefined }),
      path: fc.constantFrom(undefined, 'old/place'),
    }),
  )
  .map((table): DeclaredTable => withoutNone(table))

/** Names are unique in a table, as declared ones are. */
function checkOf(
  rule: CheckRule,
  does: Pick<DeclaredCheck, 'severity' | 'onFailure'>,
  named: boolean,
  at: number,
): DeclaredCheck {
  return { name: named ? `check_${at}` : `${nameOfRule(rule)}${at === 0 ? '' : `_${at}`}`, ...does, ...rule }
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> }

/** As code declares it: what is not said is not there. */
function withoutNone<T extends object>(record: T): Defined<T> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Defined<T>
}
