import { describe, expect, it } from 'vitest'
import { notebook, table, t } from '../../src/index.ts'
import { resolveFlow } from '../../src/flow/resolve.ts'
import { checkOwners } from '../../src/flow/owners.ts'
import { clean, declared, described, lines, loose, raw, reader, resolved, simple, trips } from './kit.ts'

const found = (...links: Parameters<typeof loose> extends [string, ...infer L] ? L : never) => {
  const { flow, problems } = described(loose('x', ...links))
  return flow ? resolveFlow(flow).problems : problems
}

describe('a resolved flow', () => {
  it('runs upstream first, and as declared among those that are ready', () => {
    const plan = resolved(
      loose(
        'x',
        reader('last', ['t.b', 't.c'], []),
        reader('c', ['t.a'], ['t.c']),
        reader('b', ['t.a'], ['t.b']),
        reader('free', [], []),
        reader('a', [], ['t.a']),
      ),
    )
    expect(plan.steps.map(({ name }) => name)).toEqual(['free', 'a', 'c', 'b', 'last'])
  })

  it('knows the neighbours of each step, and who writes each table', () => {
    const plan = resolved(
      loose('x', reader('a', [], ['t.a']), reader('b', ['t.a'], []), reader('c', ['t.a'], [])),
    )
    expect(plan.byName.get('a')).toMatchObject({ upstream: [], downstream: ['b', 'c'] })
    expect(plan.byName.get('c')).toMatchObject({ upstream: ['a'], downstream: [] })
    expect(plan.producers).toEqual(new Map([['t.a', 'a']]))
  })

  it('reads a table of an inner flow, and gives it one of its own', () => {
    const inner = loose('inner', trips, reader('count', ['silver.trips'], ['gold.count']))
    const wide = notebook({ name: 'count2', inputs: { c: simple('gold.count') }, run() {} })
    const bare = notebook({ name: 'trips', outputs: { trips }, run() {} })
    const plan = resolved(loose('outer', inner, wide, bare))
    expect(plan.steps.map(({ name }) => name)).toEqual(['trips', 'inner/count', 'count2'])
  })

  it('lets an optional table be absent', () => {
    const reads = notebook({ name: 'r', inputs: { raw: raw.optional() }, run() {} })
    expect(found(reads)).toEqual([])
    expect(found(raw.optional(), reads)).toEqual([])
  })
})

describe('a flow that does not connect', () => {
  it('names an unknown table, and the nearest that there is', () => {
    const problems = found(reader('a', [], ['silver.trip']), reader('b', ['silver.trips'], []))
    expect(lines(problems)).toEqual([
      `flow/table-unknown: step 'b': input table 'silver.trips' is not produced by an earlier step nor declared as a source`,
    ])
    expect(problems[0]?.hint).toBe(`did you mean 'silver.trip'?`)
  })

  it('names two producers of a table', () => {
    const problems = found(reader('a', [], ['t.a']), reader('b', [], ['t.a']))
    expect(lines(problems)).toEqual([`flow/two-producers: table 't.a' is written by the steps 'a' and 'b'`])
  })

  it('names a step that writes a table twice', () => {
    const twice = notebook({ name: 'w', outputs: { one: simple('t.a'), two: simple('t.a') }, run() {} })
    expect(lines(found(twice))).toEqual([`flow/two-producers: table 't.a' is written by step 'w' twice`])
  })

  it('shows the trail of a cycle, with the place of each step', () => {
    const problems = found(
      reader('before', [], ['t.zero']),
      reader('b', ['t.a', 't.zero'], ['t.b']),
      reader('a', ['t.c'], ['t.a']),
      reader('c', ['t.b'], ['t.c']),
      reader('after', ['t.c'], []),
    )
    expect(lines(problems)).toEqual(['flow/cycle: steps wait for each other in a circle: a -> b -> c -> a'])
    expect(problems[0]?.related).toHaveLength(3)
  })

  it('names every cycle', () => {
    const problems = found(
      reader('a', ['t.b'], ['t.a']),
      reader('b', ['t.a'], ['t.b']),
      reader('c', ['t.d'], ['t.c']),
      reader('d', ['t.c'], ['t.d']),
    )
    expect(lines(problems)).toHaveLength(2)
  })

  it('refuses a step that reads what it writes', () => {
    expect(lines(found(reader('a', ['t.a'], [])))).toHaveLength(1)
    const self = notebook({
      name: 's',
      inputs: { old: simple('t.a') },
      outputs: { now: simple('t.a') },
      run() {},
    })
    expect(lines(found(self))).toEqual([
      `flow/cycle: step 's' reads a table that it writes, which is not supported yet`,
    ])
  })

  it('refuses tables that differ in the case of letters only', () => {
    const problems = found(reader('a', [], ['t.a']), reader('b', [], ['t.A']))
    expect(lines(problems)).toEqual([
      `contract/name-clash: the tables 't.a' and 't.A' differ in the case of letters only`,
    ])
  })

  it('compares columns as the types do', () => {
    const own = table('bronze.raw', { id: t.bigint().nullable(), fare: t.double(), nope: t.date() })
    const problems = found(raw, notebook({ name: 'r', inputs: { own }, run() {} }))
    expect(lines(problems)).toEqual([
      `contract/type-mismatch: step 'r': table 'bronze.raw': column 'fare' is DOUBLE NULL upstream but DOUBLE is expected`,
      `contract/column-missing: step 'r': table 'bronze.raw': column 'nope' does not exist upstream`,
    ])
  })

  it('compares rebound inputs by what the notebook reads', () => {
    const other = table('bronze.other', { id: t.varchar() })
    expect(lines(found(other, [clean, { inputs: { raw: other } }]))).toEqual([
      `contract/type-mismatch: step 'clean': table 'bronze.other': column 'id' is VARCHAR upstream but BIGINT is expected`,
    ])
  })

  it('refuses to read a table that may be absent as if it were there', () => {
    expect(lines(found(raw.optional(), clean))).toEqual([
      `flow/table-optional: step 'clean': table 'bronze.raw' may be absent: read it with .optional()`,
    ])
  })

  it('tells everything at once', () => {
    const problems = found(reader('a', ['t.x'], ['t.a']), reader('b', ['t.y'], ['t.a']))
    expect(problems.map(({ code }) => code).toSorted()).toEqual([
      'flow/table-unknown',
      'flow/table-unknown',
      'flow/two-producers',
    ])
  })
})

describe('the owner of a table', () => {
  const one = declared(loose('one', raw, clean))

  it('may stand in two flows', () => {
    expect(checkOwners([one, declared(loose('two', raw, [clean, { name: 'other_name' }]))])).toEqual([])
  })

  it.each([
    ['other args', loose('two', raw, [clean, { args: { max: 3 } }]), 'their args differ'],
    [
      'other bindings',
      loose('two', table('bronze.b', raw.columns), [
        clean,
        { inputs: { raw: table('bronze.b', raw.columns) } },
      ]),
      'their tables are bound in different ways',
    ],
    [
      'another notebook',
      loose('two', reader('w', [], ['silver.trips'])),
      'they are different notebooks: clean and w',
    ],
    [
      'another case',
      loose('two', reader('w', [], ['SILVER.trips'])),
      'they are different notebooks: clean and w',
    ],
  ])('has not %s', (_, flow, difference) => {
    const problems = checkOwners([one, declared(flow)])
    expect(problems.map(({ code }) => code)).toEqual(['flow/owner'])
    expect(problems[0]?.message).toContain(difference)
    expect(problems[0]?.message).toMatch(/step 'clean' of flow 'one' and by step '\w+' of flow 'two'/)
  })
})
