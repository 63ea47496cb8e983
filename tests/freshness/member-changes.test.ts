import { expect, it } from 'vitest'
import { filesDetail } from '../../src/freshness/member-changes.ts'

const hashes = (...names: string[]) => Object.fromEntries(names.map((name) => [`data/${name}`, name]))

it.each<[string, object | undefined, object, string]>([
  ['a file that came', hashes('a.csv'), hashes('a.csv', 'b.csv'), 'b.csv is new'],
  ['a file that went', hashes('a.csv', 'b.csv'), hashes('a.csv'), 'b.csv is gone'],
  ['a file that changed', hashes('a.csv'), { 'data/a.csv': 'other' }, 'a.csv changed'],
  [
    'many, new ones first',
    hashes('a', 'b', 'c'),
    { ...hashes('b', 'x', 'y'), 'data/c': 'other' },
    'x is new, y is new, c changed and 1 more',
  ],
  ['another way of reading', hashes('a.csv'), hashes('a.csv'), 'trips is read in another way'],
  ['what nobody knows any more', undefined, hashes('a.csv'), 'files of trips changed'],
])('names what changed of the files of a source: %s', (_, before, now, text) => {
  expect(filesDetail('trips', before as never, now as never)).toBe(text)
})
