import { expect, it } from 'vitest'
import type { DeclaredSource } from '../../src/contract/spec.ts'
import type { DeclaredInput, DeclaredStep } from '../../src/flow/declared.ts'
import { enginesOf } from '../../src/run/reach.ts'

const root = '/projects/taxi'

const table = { kind: 'table' }
const source = (...paths: string[]) => ({ kind: 'source', origin: { paths } as unknown as DeclaredSource })

function step(inputs: readonly object[], more: Partial<DeclaredStep> = {}): DeclaredStep {
  return { kind: 'select', limits: {}, inputs: inputs as DeclaredInput[], ...more } as DeclaredStep
}

const outside = source('/data/trips.csv')
const shared = undefined

it.each<[string, DeclaredStep[], unknown[]]>([
  ['files of the project', [step([source('data/*.csv', `${root}/more/a.csv`)])], [shared]],
  ['a file elsewhere', [step([outside])], [{ reach: 'all' }]],
  ['one of several files above the project', [step([source('a.csv', '../b.csv')])], [{ reach: 'all' }]],
  [
    'a folder whose name begins as that of the project',
    [step([source(`${root}2/a.csv`)])],
    [{ reach: 'all' }],
  ],
  ['an address', [step([source('https://example.org/a.csv')])], [shared]],
  ['paths in its SQL', [step([], { external: true })], [{ reach: 'all' }]],
  ['a table and a file elsewhere, which waits', [step([table, outside])], []],
  ['a limit', [step([source('a.csv')], { limits: { threads: 1 } })], [{ threads: 1 }]],
  ['both', [step([outside], { limits: { memory: '1GB' } })], [{ memory: '1GB', reach: 'all' }]],
  [
    'files elsewhere, twice, and a table',
    [step([outside]), step([outside]), step([table])],
    [{ reach: 'all' }, shared],
  ],
  ['code, which has an engine in its worker', [step([outside], { kind: 'run' })], []],
  ['a delivery', [step([table], { kind: 'deliver' })], [shared]],
])('the engine that a step will ask is told before its files are known: %s', (_, steps, engines) => {
  expect(enginesOf(steps, [root, '/tmp/x'])).toEqual(engines)
})

it('every engine opens every file where none is locked', () => {
  expect(enginesOf([step([outside])], undefined)).toEqual([shared])
})
