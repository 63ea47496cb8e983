import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ProblemError, problemsOf } from '../../src/base/problem.ts'
import { localStorage } from '../../src/storage/local.ts'
import { nodeIo } from '../../src/storage/local-io.ts'
import type { StorageIo } from '../../src/storage/local-io.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { bytesOf, keysOf, textOf } from './objects.ts'

let root: string
let sound: Storage
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-faults-'))
  sound = localStorage(root)
})
afterEach(() => rm(root, { recursive: true, force: true }))

type Call = keyof StorageIo | 'write' | 'sync' | 'close'

/** The real file system, with a look at each call before it is made: what `before` throws is its outcome. */
function watched(before: (call: Call) => void): StorageIo {
  const wrapped = Object.entries(nodeIo).map(
    ([name, real]: [string, (...args: never[]) => Promise<unknown>]) => {
      const call = async (...args: never[]) => {
        before(name as Call)
        return real(...args)
      }
      return [name, call]
    },
  )
  const io = Object.fromEntries(wrapped) as StorageIo
  return {
    ...io,
    create: async (path) => {
      const file = await io.create(path)
      return {
        write: async (bytes) => {
          // What fails midway has written a part.
          await file.write(bytes.subarray(0, 2))
          before('write')
          await file.write(bytes.subarray(2))
        },
        sync: async () => {
          before('sync')
          await file.sync()
        },
        close: async () => {
          await file.close()
          before('close')
        },
      }
    },
  }
}

function failing(call: Call, errno: string): StorageIo {
  return watched((made) => {
    if (made === call) throw systemError(errno)
  })
}

function systemError(errno: string): Error {
  return Object.assign(new Error(`${errno}: injected`), { code: errno, errno: -1 })
}

const errnos = ['EACCES', 'ENOSPC', 'EIO', 'EMFILE', 'EXDEV']

async function expectProblem(work: Promise<unknown>, errno: string, key: string): Promise<void> {
  const error: unknown = await work.catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ProblemError)
  const [problem] = problemsOf(error) ?? []
  expect(problem?.code).toBe('storage/unavailable')
  expect(problem?.message).toContain(root)
  expect(problem?.message).toContain(`'${key}'`)
  expect(problem?.message).toContain(errno)
  expect(problem?.hint).toBeTruthy()
}

describe.each(errnos)('when the system answers %s', (errno) => {
  it.each<Call>(['hold', 'realpath', 'mkdir', 'syncFolder', 'create', 'write', 'sync', 'close', 'link'])(
    'to %s, nothing is created',
    async (call) => {
      await expectProblem(
        localStorage(root, failing(call, errno)).putIfAbsent('a/b', bytesOf('new')),
        errno,
        'a/b',
      )
      expect(await sound.get('a/b')).toBeUndefined()
      expect(await keysOf(sound, '')).toEqual([])
      expect(await readdir(join(root, 'a')).catch(() => [])).toEqual([])
      expect(await sound.putIfAbsent('a/b', bytesOf('later'))).toBe(true)
    },
  )

  it.each<Call>(['hold', 'realpath', 'create', 'write', 'sync', 'close', 'rename'])(
    'to %s, nothing is replaced',
    async (call) => {
      await sound.put('a/b', bytesOf('old'))
      await expectProblem(localStorage(root, failing(call, errno)).put('a/b', bytesOf('new')), errno, 'a/b')
      expect(textOf(await sound.get('a/b'))).toBe('old')
      expect(await readdir(join(root, 'a'))).toEqual(['b'])
    },
  )

  it('to a flush of the folder, the outcome is told as unknown and the object is whole', async () => {
    let linked = false
    const io = watched((call) => {
      linked ||= call === 'link'
      if (linked && call === 'syncFolder') throw systemError(errno)
    })
    await expectProblem(localStorage(root, io).putIfAbsent('a/b', bytesOf('new')), errno, 'a/b')
    expect(textOf(await sound.get('a/b'))).toBe('new')
    expect(await sound.putIfAbsent('a/b', bytesOf('later'))).toBe(false)
  })

  it('to a flush of the folder, what was made is not read back before it is flushed', async () => {
    let [linked, refused] = [false, true]
    const flushed: boolean[] = []
    const io = watched((call) => {
      linked ||= call === 'link'
      if (!linked || call !== 'syncFolder') return
      flushed.push(!refused)
      if (refused) throw systemError(errno)
    })
    const storage = localStorage(root, io)
    await expectProblem(storage.putIfAbsent('a/b', bytesOf('new')), errno, 'a/b')
    await expectProblem(storage.get('a/b'), errno, 'a/b')
    refused = false
    expect(textOf(await storage.get('a/b'))).toBe('new')
    expect(textOf(await storage.get('a/b'))).toBe('new')
    expect(flushed).toEqual([false, false, true])
  })

  it('to the removal of a temporary file, the object is there and nothing else is listed', async () => {
    const storage = localStorage(root, failing('unlink', errno))
    expect(await storage.putIfAbsent('a/b', bytesOf('new'))).toBe(true)
    expect(await storage.putIfAbsent('a/b', bytesOf('newer'))).toBe(false)
    expect(await keysOf(sound, '')).toEqual(['a/b'])
  })

  it.each<Call>(['syncFile', 'syncFolder', 'readdir', 'rename'])(
    'to %s, nothing is published',
    async (call) => {
      const staged = await sound.stage('t/v1/')
      await writeFile(join(staged, 'part-0'), 'zero')
      const storage = localStorage(root, failing(call, errno))
      await expectProblem(storage.publish(staged, 't/v1/', ['part-0']), errno, 't/v1/')
      expect(await keysOf(sound, '')).toEqual([])
      await sound.publish(staged, 't/v1/', ['part-0'])
      expect(await keysOf(sound, '')).toEqual(['t/v1/part-0'])
    },
  )

  it('to a read, a look, a list or a delete, says so and never "absent"', async () => {
    await sound.put('a/b', bytesOf('x'))
    await expectProblem(localStorage(root, failing('readFile', errno)).get('a/b'), errno, 'a/b')
    await expectProblem(localStorage(root, failing('hold', errno)).get('a/b'), errno, 'a/b')
    await expectProblem(localStorage(root, failing('lstat', errno)).stat('a/b'), errno, 'a/b')
    await expectProblem(localStorage(root, failing('lstat', errno)).localPath('a/b'), errno, 'a/b')
    await expectProblem(localStorage(root, failing('unlink', errno)).delete(['a/b']), errno, 'a/b')
    await expectProblem(keysOf(localStorage(root, failing('readdir', errno)), 'a/'), errno, 'a/')
    expect(await keysOf(sound, '')).toEqual(['a/b'])
  })
})

it.each(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])(
  'says that hard links are missing on %s',
  async (errno) => {
    const error = await localStorage(root, failing('link', errno))
      .putIfAbsent('a/b', bytesOf('new'))
      .catch((thrown: unknown) => thrown)
    expect(problemsOf(error)?.[0]).toMatchObject({
      code: 'storage/no-put-if-absent',
      message: expect.stringContaining(errno) as string,
    })
    expect(await readdir(join(root, 'a'))).toEqual([])
  },
)

it('takes a link that was made but answered with EEXIST for its own success', async () => {
  const io: StorageIo = {
    ...nodeIo,
    link: async (from, to) => {
      await nodeIo.link(from, to)
      throw systemError('EEXIST')
    },
  }
  expect(await localStorage(root, io).putIfAbsent('a/b', bytesOf('mine'))).toBe(true)
  expect(textOf(await sound.get('a/b'))).toBe('mine')
})

describe('when the machine stops after any number of calls', () => {
  class Stopped extends Error {}

  /** Does the same work with a stop after 0, 1, 2, ... calls until it comes to its end; looks at what is left. */
  async function atEveryCall(
    work: (storage: Storage) => Promise<unknown>,
    look: (done: boolean) => Promise<void>,
  ) {
    for (let allowed = 0, done = false; !done; allowed++) {
      let calls = 0
      const io = watched(() => {
        if (calls++ >= allowed) throw new Stopped()
      })
      done = await work(localStorage(root, io)).then(
        () => true,
        (error: unknown) => {
          if (!(error instanceof Stopped)) throw error
          return false
        },
      )
      await look(done)
      await rm(root, { recursive: true, force: true })
    }
  }

  it('an object is created whole or not at all', async () => {
    let seen = 0
    await atEveryCall(
      (storage) => storage.putIfAbsent('a/b/c', bytesOf('whole')),
      async (done) => {
        const text = textOf(await sound.get('a/b/c'))
        expect(done ? ['whole'] : ['whole', undefined]).toContain(text)
        expect(await keysOf(sound, '')).toEqual(text === undefined ? [] : ['a/b/c'])
        seen++
      },
    )
    expect(seen).toBeGreaterThan(10)
  })

  it('a folder is published with all of its files or not at all', async () => {
    const files = ['part-0', 'sub/part-1']
    await atEveryCall(
      async (storage) => {
        const staged = await storage.stage('t/v1/')
        await nodeIo.mkdir(join(staged, 'sub'))
        for (const file of files) await writeFile(join(staged, file), file)
        await storage.publish(staged, 't/v1/', files)
      },
      async (done) => {
        const keys = await keysOf(sound, '')
        expect(done ? [2] : [0, 2]).toContain(keys.length)
        for (const key of keys) expect(`t/v1/${textOf(await sound.get(key))}`).toBe(key)
      },
    )
  })
})

it('flushes what it must before each step that shows, and nothing twice', async () => {
  const calls: Call[] = []
  const storage = localStorage(
    root,
    watched((call) => {
      if (!['hold', 'realpath', 'lstat', 'mkdir', 'readdir'].includes(call)) calls.push(call)
    }),
  )
  const made = async (work: Promise<unknown>): Promise<string> => {
    calls.length = 0
    await work
    return calls.join(' ')
  }
  const write = 'create write sync close'
  await storage.put('a/first', bytesOf('x'))
  expect(await made(storage.putIfAbsent('a/b', bytesOf('x')))).toBe(`${write} link syncFolder unlink`)
  expect(await made(storage.putIfAbsent('a/b', bytesOf('x')))).toBe('')
  expect(await made(storage.put('a/b', bytesOf('x')))).toBe(`${write} rename syncFolder`)
  expect(await made(storage.put('new/of/b', bytesOf('x')))).toBe(
    `syncFolder syncFolder ${write} rename syncFolder`,
  )
  const staged = await storage.stage('a/v/')
  await writeFile(join(staged, 'part'), 'x')
  expect(await made(storage.publish(staged, 'a/v/', ['part']))).toBe('syncFile syncFolder rename syncFolder')
  expect(await made(storage.get('a/b'))).toBe('readFile')
})
