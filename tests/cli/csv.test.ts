import { expect, test } from 'vitest'
import { csvLine } from '../../src/cli/csv.ts'

test('a row of CSV quotes what must be, and tells NULL from an empty text', () => {
  expect(csvLine(['a', 'b,c', 'say "hi"', 'two\nlines', '', null, ' x '])).toBe(
    'a,"b,c","say ""hi""","two\nlines","",, x \n',
  )
})
