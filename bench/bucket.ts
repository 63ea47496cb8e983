import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { compared, type Figure } from './figure.ts'
import { inLayers, writeLayered } from './layered-project.ts'
import { interleaved, spreadOf } from './measure.ts'
import { timed } from './processes.ts'
import { checkout, inScratch, installedSluice, writeFiles } from './scratch.ts'

const rounds = 3
const steps = 40
const latencyMs = 20
const env = { BENCH_KEY: 'key', BENCH_SECRET: 'secret' }

/** Runs over a bucket that takes 20 ms more for each request, against the same project over a folder. */
export function bucket(): Promise<Figure[]> {
  return inScratch(async (folder) => {
    const server = await startServer()
    try {
      const [local, remote] = [join(folder, 'local'), join(folder, 'remote')]
      for (const project of [local, remote]) writeLayered(project, inLayers(steps, 8))
      linkSdk(remote)
      let lakes = 0
      const newLake = () => writeFiles(remote, { 'storage/bucket.yaml': storageFile(server.url, ++lakes) })
      writeFiles(remote, { 'sluice.yaml': 'env: dev\nstorage: bucket\n' })
      const requests = { first: [] as number[], nothing: [] as number[] }
      const ms = await interleaved(
        rounds,
        {
          first: async () => {
            newLake()
            forget(remote)
            const took = run(remote)
            requests.first.push(await server.requests())
            return took
          },
          localFirst: () => {
            forget(local)
            return run(local)
          },
          nothing: async () => {
            const took = run(remote)
            requests.nothing.push(await server.requests())
            return took
          },
          localNothing: () => run(local),
        },
        { inOrder: true },
      )
      const what = (text: string) => ({ bench: 'bucket', what: text, unit: 'ms' }) as const
      return [
        compared(
          what(`${steps} tiny steps, ${latencyMs} ms a request: first run`),
          ms.first,
          'a folder',
          ms.localFirst,
        ),
        compared(what('nothing to do'), ms.nothing, 'a folder', ms.localNothing),
        { ...what('requests of the first run'), unit: 'requests', value: spreadOf(requests.first) },
        {
          ...what('requests of a run with nothing to do'),
          unit: 'requests',
          value: spreadOf(requests.nothing),
          goal: { atMost: 5 },
        },
      ]
    } finally {
      server.process.disconnect()
    }
  })
}

async function startServer(): Promise<{
  readonly process: ChildProcess
  readonly url: string
  requests(): Promise<number>
}> {
  const program = join(checkout, 'bench/bucket-server.ts')
  const child = fork(program, [String(latencyMs)], { execArgv: ['--import', 'tsx'] })
  const [{ url }] = (await once(child, 'message')) as [{ url: string }]
  return {
    process: child,
    url,
    async requests() {
      child.send('count')
      const [{ counts }] = (await once(child, 'message')) as [{ counts: Record<string, number> }]
      return Object.values(counts).reduce((sum, count) => sum + count, 0)
    },
  }
}

function storageFile(url: string, lake: number): string {
  const keys = 'accessKeyId: ${env:BENCH_KEY}\nsecretAccessKey: ${env:BENCH_SECRET}'
  return `kind: s3\nbucket: lake\nprefix: lake${lake}\nendpoint: ${url}\n${keys}\n`
}

function linkSdk(project: string): void {
  mkdirSync(join(project, 'node_modules/@aws-sdk'))
  symlinkSync(
    join(checkout, 'node_modules/@aws-sdk/client-s3'),
    join(project, 'node_modules/@aws-sdk/client-s3'),
  )
}

function forget(project: string): void {
  for (const each of ['.sluice', 'storage/lake'])
    rmSync(join(project, each), { recursive: true, force: true })
}

function run(project: string): number {
  return timed(process.execPath, [join(installedSluice(), 'dist/cli/main.js'), 'run'], { cwd: project, env })
    .ms
}
