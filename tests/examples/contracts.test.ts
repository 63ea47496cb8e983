import { expect, test } from 'vitest'
import { sluice } from '../cli/rig.ts'

test('the contracts of the examples are locked as they are', async () => {
  const { code, stdout, stderr } = await sluice(['contract', 'lock', '--check'])
  expect(`${stdout}${stderr}`).toBe('the lock is what the code says\n')
  expect(code).toBe(0)
})
