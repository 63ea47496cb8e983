import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { machineProblem } from '../../src/storage/fault.ts'

it.each([
  ["EMFILE: too many open files, open '/a/b.ts'", "'open /a/b.ts': too many open files (EMFILE)"],
  ['ENOSPC: no space left on device, write', "'write': no space left on the device (ENOSPC)"],
])('tells what the machine refuses: %s', (message, told) => {
  const problem = machineProblem(new Error(message))
  expect(problem?.code).toBe('storage/unavailable')
  expect(problem?.message).toBe(`the operating system refused ${told}`)
  expect(problem?.hint).toBeTruthy()
})

it('takes a file that is absent for what it is: a mistake of whoever looks for it', async () => {
  const error: unknown = await readFile('/nowhere').catch((thrown: unknown) => thrown)
  expect(machineProblem(error)).toBeUndefined()
  expect(machineProblem(new Error('EMFILE'))).toBeUndefined()
  expect(machineProblem('EIO: i/o error, read')).toBeUndefined()
})
