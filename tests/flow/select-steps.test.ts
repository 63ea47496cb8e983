import { describe, expect, it } from 'vitest'
import { selectSteps } from '../../src/flow/select-steps.ts'
import { loose, reader, resolved, simple } from './kit.ts'

const plan = resolved(
  loose(
    'taxi',
    simple('ext.zones'),
    reader('bronze__a', [], ['bronze.a'], ['daily']),
    reader('bronze__b', ['ext.zones'], ['bronze.b']),
    reader('silver__c', ['bronze.a'], ['silver.c', 'silver.deep.c']),
    reader('gold__d', ['silver.c', 'bronze.b'], ['gold.d'], ['daily', 'slow']),
    reader('gold__e', ['bronze.b'], ['gold.e']),
  ),
)
const [a, b, c, d, e] = ['bronze__a', 'bronze__b', 'silver__c', 'gold__d', 'gold__e']

describe('a selection', () => {
  it.each([
    [[], [a, b, c, d, e]],
    [['silver__c'], [c]],
    [['silver/c'], [c]],
    [['notebooks/silver/c.ts'], [c]],
    [['silver.c'], [c]],
    [['gold.*'], [d, e]],
    [['silver.*'], [c]],
    [['gold/*'], [d, e]],
    [['gold/?'], [d, e]],
    [['*'], [a, b, c, d, e]],
    [['+gold.d'], [a, b, c, d]],
    [['bronze.a+'], [a, c, d]],
    [['+silver.c+'], [a, c, d]],
    [['+gold.*'], [a, b, c, d, e]],
    [['tag:daily'], [a, d]],
    [
      ['tag:slow', 'silver.c'],
      [c, d],
    ],
    [['tag:s*'], [d]],
    [
      ['gold.d', 'bronze.a'],
      [a, d],
    ],
    [['ext.zones+'], [b, d, e]],
  ])('%j', (patterns, steps) => {
    expect(selectSteps(plan, patterns)).toEqual({ steps, problems: [] })
  })

  it.each([
    ['bronze__b', [b, d, e]],
    ['bronze.a', [a, c, d]],
  ])('from %s takes all that is downstream', (from, steps) => {
    expect(selectSteps(plan, [], from)).toEqual({ steps, problems: [] })
  })

  it.each([
    ['gold.dd', `did you mean 'gold.d' or 'gold__d' or 'gold/d'?`],
    ['+silver__cc', `did you mean 'silver__c' or 'silver/c' or 'silver.c'?`],
    ['tag:dayly', `did you mean 'tag:daily'?`],
    ['ext.zones', `no step of this flow writes it; 'ext.zones+' takes the steps that read it`],
    ['gold[.]d', undefined],
    ['(', undefined],
    ['+', undefined],
  ])('knows no %s', (pattern, hint) => {
    const { steps, problems } = selectSteps(plan, [pattern])
    expect(steps).toEqual([])
    expect(problems).toMatchObject([
      { code: 'flow/selection-unknown', message: `'${pattern}' selects no step of flow 'taxi'` },
    ])
    if (hint !== undefined) expect(problems[0]?.hint).toBe(hint)
  })

  it('tells every pattern that selects nothing', () => {
    expect(selectSteps(plan, ['x1', 'gold.d', 'x2'], 'x3').problems).toHaveLength(3)
  })
})
