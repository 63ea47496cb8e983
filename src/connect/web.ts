import { rm } from 'node:fs/promises'
import { parseDuration } from '../base/duration.ts'
import { isCount, isText, maybe, objectOf } from '../base/form.ts'
import { anotherTryOf, problemsOf, ProblemError, type AnotherTry, type Problem } from '../base/problem.ts'
import type { DeclaredSource } from '../contract/spec.ts'
import type { Fetched, Fetching } from './fetched.ts'
import { areKeptFiles, KeptFiles, type KeptFile } from './kept-files.ts'
import { webProblem } from './web-fault.ts'
import { getWhole } from './web-get.ts'
import { resolvedHeaders } from './web-headers.ts'
import type { Validators } from './web-answer.ts'

/** What is kept of an address. */
interface KeptAddress extends Validators {
  readonly form: 1
  /** When the server was asked last, in milliseconds since 1970. */
  readonly at: number
  readonly files: readonly KeptFile[]
}

const isKeptAddress = objectOf<KeptAddress>({
  form: (value) => value === 1,
  at: isCount,
  files: (value) => areKeptFiles(value) && (value as unknown[]).length === 1,
  from: isText,
  etag: maybe(isText),
  modified: maybe(isText),
})

/** So many addresses are fetched at once. */
const atOnce = 4

/**
 * The files behind the addresses of a source, under `.sluice/sources/`. The server is asked each time whether it has
 * another content than what is kept, unless that is younger than `refresh`; what is kept never stands in for a
 * server that does not answer. No files when the server has none of them. Throws a ProblemError: `source/not-found`,
 * `source/unavailable`, `source/unreadable`, `source/limit`; of all addresses at once.
 */
export async function fetchWeb(around: Fetching, source: DeclaredSource): Promise<Fetched> {
  const headers = resolvedHeaders(source)
  const addresses = [...new Set(source.paths)]
  const { default: pLimit } = await import('p-limit')
  const limit = pLimit(atOnce)
  const problems: Problem[] = []
  const others: AnotherTry[] = []
  const found = await Promise.all(
    addresses.map((address) =>
      limit(() => fetchOne(around, source, address, headers)).catch((error: unknown) => {
        const told = problemsOf(error)
        if (!told) throw error
        problems.push(...told)
        others.push(anotherTryOf(error) ?? { passing: false })
      }),
    ),
  )
  const there = found.flatMap((file, at) => (file ? [{ ...file, name: addresses[at] ?? '' }] : []))
  if (there.length > 0)
    for (const [at, file] of found.entries())
      if (file === null)
        problems.push(
          webProblem({ source, address: addresses[at] ?? '' }, 'source/not-found', 'is not there'),
        )
  if (problems.length > 0) throw new ProblemError(problems, all(others, problems.length))
  return {
    files: there.map(({ file }) => file),
    names: there.map(({ name }) => name),
    hashes: Object.fromEntries(there.map(({ name, hash }) => [name, hash])),
  }
}

/** Another try of several addresses may do better when it may for each of them. */
function all(others: readonly AnotherTry[], failed: number): AnotherTry {
  const passing = others.length === failed && others.every((each) => each.passing)
  return { passing, after: Math.max(0, ...others.map(({ after = 0 }) => after)) }
}

interface Found {
  readonly file: string
  readonly hash: string
}

/** One address; null when the server has no such file. */
async function fetchOne(
  { root, hashOf, now, ...around }: Fetching,
  source: DeclaredSource,
  address: string,
  headers: Readonly<Record<string, string>>,
): Promise<Found | null> {
  const ending = endingOf(source, address)
  const kept = new KeptFiles(root, { address, ending, headers: source.web?.headers ?? {} })
  const known = kept.read(isKeptAddress)
  const isSound = known?.files[0] && (await kept.isSound(known.files[0], hashOf))
  const last = isSound === true ? known : undefined
  const at = now()
  const age = at - (last?.at ?? 0)
  const refresh = parseDuration(source.web?.refresh ?? '') ?? 0
  // A time in the future says nothing: a clock was wrong.
  if (last && age >= 0 && age < refresh) return foundOf(kept, last)
  const beside = kept.beside()
  const got = await getWhole(around, { source, address, headers, ...(last && { last }) }, beside)
  if (got === 'missing') return null
  let next: KeptAddress
  if (got === 'same') {
    if (!last) return null
    next = { ...last, at }
  } else {
    const { bytes, hash, validators } = got
    const before = last?.files.find((file) => file.hash === hash)
    // Another run may be reading it: it stays the file that it is.
    if (before) await rm(beside, { force: true })
    const file = before?.file ?? (await kept.keep(beside, hash, ending))
    next = { form: 1, at, files: [{ file, bytes, hash }], ...validators }
  }
  await kept.write(next, now())
  return foundOf(kept, next)
}

function foundOf(kept: KeptFiles, { files }: KeptAddress): Found | null {
  const [file] = files
  return file ? { file: kept.pathOf(file), hash: file.hash } : null
}

const endings: Readonly<Record<string, string>> = { excel: '.xlsx' }

/** How a kept file ends: gzip is unpacked, Zstandard is kept as it is. */
function endingOf({ format }: DeclaredSource, address: string): string {
  const packed = /\.zst$/i.test(new URL(address).pathname) && format !== 'excel' ? '.zst' : ''
  return `${endings[format] ?? `.${format}`}${packed}`
}
