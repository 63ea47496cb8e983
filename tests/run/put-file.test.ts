import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { problemsOf } from '../../src/base/problem.ts'
import { openLake } from '../../src/lake/lake.ts'
import { putFile } from '../../src/run/put-file.ts'
import { localStorage } from '../../src/storage/local.ts'

test('a delivery to a folder is told as a mistake, and the folder stays', async () => {
  const root = await mkdtemp(path.join(tmpdir(), 'sluice-put-'))
  const lake = await openLake(localStorage(path.join(root, 'lake')))
  try {
    await mkdir(path.join(root, 'data'))
    await writeFile(path.join(root, 'data', 'mine.csv'), 'a')
    await writeFile(path.join(root, 'written'), 'b')
    let thrown: unknown
    try {
      putFile({ root, lake }, path.join(root, 'written'), 'data')
    } catch (error) {
      thrown = error
    }
    expect(problemsOf(thrown)).toEqual([
      {
        code: 'delivery/invalid',
        message: "'data' is a folder, and no file",
        hint: "name a file, such as 'out/revenue.csv'",
      },
    ])
    expect(await readdir(path.join(root, 'data'))).toEqual(['mine.csv'])
  } finally {
    await lake.close()
    await rm(root, { recursive: true, force: true })
  }
})
