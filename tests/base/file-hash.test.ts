import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { hashBytes, hashFile } from '../../src/base/file-hash.ts'

const folder = mkdtempSync(join(tmpdir(), 'sluice-hash-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the hash of a file', () => {
  test('is BLAKE3: its published test vector of no bytes', async () => {
    expect(await hashBytes(new Uint8Array())).toBe(
      'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262',
    )
  })

  test('is that of its bytes, read in pieces', async () => {
    const bytes = Buffer.from('0123456789'.repeat(300_000))
    const file = join(folder, 'big')
    writeFileSync(file, bytes)
    expect(await hashFile(file)).toBe(await hashBytes(bytes))
  })

  test('rejects for a file that is not there', async () => {
    await expect(hashFile(join(folder, 'none'))).rejects.toMatchObject({ code: 'ENOENT' })
  })
})
