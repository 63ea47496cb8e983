import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { problemsOf } from '../../src/base/problem.ts'
import { openIn } from './clouds.ts'
import { bytesOf } from './objects.ts'
import { s3Server } from './servers/s3.ts'

describe('a store that ignores "only if absent"', () => {
  it('is refused before the first commit, and one that keeps it is asked once for each checkout', async () => {
    for (const ignoresConditions of [true, false]) {
      const options = { ignoresConditions }
      const server = await s3Server(options)
      const keys = { bucket: 'lake', endpoint: server.url, accessKeyId: 'a', secretAccessKey: 'b' }
      const { storage, cleanUp } = await openIn({ kind: 's3', options: keys })
      const created = await storage
        .putIfAbsent('log/1', bytesOf('x'))
        .catch((error: unknown) => problemsOf(error))
      if (ignoresConditions) expect(created).toMatchObject([{ code: 'storage/no-put-if-absent' }])
      else {
        expect(created).toBe(true)
        server.counts.clear()
        expect(await storage.putIfAbsent('log/2', bytesOf('x'))).toBe(true)
        expect(Object.fromEntries(server.counts)).toEqual({ put: 1 })
      }
      await storage.close()
      await cleanUp()
      await server.stop()
    }
  })
})

it('tells the path of this machine where no copy of a file can be kept', async () => {
  const server = await s3Server()
  const keys = { bucket: 'lake', endpoint: server.url, accessKeyId: 'a', secretAccessKey: 'b' }
  const { storage, project, cleanUp } = await openIn({ kind: 's3', options: keys }, { cacheFolder: 'taken' })
  await writeFile(join(project, 'taken'), '')
  await storage.put('a/b', bytesOf('x'))
  const problems = await storage.localPath('a/b').catch((error: unknown) => problemsOf(error))
  expect(problems).toMatchObject([
    {
      code: 'storage/unavailable',
      message: expect.stringMatching(
        /cannot read 'a\/b': on this machine, '.*taken.*': .*\(ENOTDIR\)/,
      ) as unknown,
    },
  ])
  await storage.close()
  await cleanUp()
  await server.stop()
})

it('tells the path of a key file that does not exist', async () => {
  const keys = { bucket: 'lake', keyFile: 'nowhere.json' }
  const { storage, cleanUp } = await openIn({ kind: 'gcs', options: keys })
  expect(await storage.get('a').catch((error: unknown) => problemsOf(error))).toMatchObject([
    {
      code: 'storage/unavailable',
      message: expect.stringMatching(/'.*nowhere\.json': it does not exist/) as unknown,
      hint: 'check what its file under storage/ names',
    },
  ])
  await storage.close()
  await cleanUp()
})
