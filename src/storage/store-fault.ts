import { ProblemError } from '../base/problem.ts'
import { PassingFault, errnoOf, faultOf, refusalOf } from './fault.ts'

/** Why a store does not do what it is asked to. */
export type FaultReason =
  | 'no-bucket'
  | 'denied'
  | 'no-credentials'
  | 'bad-credentials'
  | 'wrong-region'
  | 'clock'
  | 'network'
  | 'busy'
  | 'other'

export interface StoreFault {
  readonly reason: FaultReason
  /** The word or number by which the store or the network names it. Never a whole message: it may hold a signed URL. */
  readonly word: string
}

type StoreKind = 's3' | 'azure' | 'gcs'

/** What is done to an object, as people say it. */
export type Doing = 'read' | 'look at' | 'create' | 'write' | 'delete' | 'list' | 'publish' | 'sweep'

/** After these the store has surely done nothing, and asking again would give the same. */
const certain: ReadonlySet<FaultReason> = new Set([
  'no-bucket',
  'denied',
  'no-credentials',
  'bad-credentials',
  'wrong-region',
  'clock',
])

/** Whether the store surely has not done what it was asked to. */
export function isRefusal({ reason }: StoreFault): boolean {
  return certain.has(reason)
}

/** Which right of the store each act needs. */
const rights: { readonly [kind in StoreKind]: { readonly [doing in Doing]: string } } = {
  s3: {
    read: 's3:GetObject, and s3:ListBucket to tell absent objects from hidden ones',
    'look at': 's3:GetObject, and s3:ListBucket to tell absent objects from hidden ones',
    create: 's3:PutObject',
    write: 's3:PutObject',
    publish: 's3:PutObject',
    delete: 's3:DeleteObject',
    list: 's3:ListBucket',
    sweep: 's3:ListBucketMultipartUploads and s3:AbortMultipartUpload',
  },
  azure: {
    read: 'the role Storage Blob Data Reader',
    'look at': 'the role Storage Blob Data Reader',
    create: 'the role Storage Blob Data Contributor',
    write: 'the role Storage Blob Data Contributor',
    publish: 'the role Storage Blob Data Contributor',
    delete: 'the role Storage Blob Data Contributor',
    list: 'the role Storage Blob Data Reader',
    sweep: 'the role Storage Blob Data Contributor',
  },
  gcs: {
    read: 'storage.objects.get',
    'look at': 'storage.objects.get',
    create: 'storage.objects.create',
    write: 'storage.objects.create and storage.objects.delete',
    publish: 'storage.objects.create',
    delete: 'storage.objects.delete',
    list: 'storage.objects.list',
    sweep: 'storage.objects.list',
  },
}

const bucketWord = { s3: 'bucket', azure: 'container', gcs: 'bucket' } as const

/** A fault as a Problem `storage/unavailable`. It holds no message of the SDK, because that can hold secrets. */
export function storeProblem(
  kind: StoreKind,
  place: string,
  doing: Doing,
  key: string,
  fault: StoreFault,
): ProblemError {
  const { meaning, hint } = explained(kind, doing, fault)
  const what = key === '' ? '' : ` '${key}'`
  const Fault = fault.reason === 'busy' || fault.reason === 'network' ? PassingFault : ProblemError
  return new Fault({
    code: 'storage/unavailable',
    message: `storage at '${place}': cannot ${doing}${what}: ${meaning} (${fault.word})`,
    hint,
  })
}

const its = 'its file under storage/'
const elsewhere = `make room there, or let 'cacheFolder' in ${its} name another folder`
/** These are mended by another place for the copies, or by room there. */
const aboutPlace: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'ENAMETOOLONG'])

/** What the operating system refuses while files of a bucket are staged or copied on this machine. */
export function machineFault(error: unknown, place: string, doing: Doing, key: string): unknown {
  const refused = refusalOf(errnoOf(error) ?? '')
  if (!refused) return faultOf(error, place, doing, key)
  const { errno, meaning, hint } = refused
  const path = typeof error === 'object' && error !== null ? Reflect.get(error, 'path') : undefined
  const where = typeof path === 'string' ? `on this machine, '${path}'` : 'on this machine'
  return new ProblemError({
    code: 'storage/unavailable',
    message: `storage at '${place}': cannot ${doing} '${key}': ${where}: ${meaning} (${errno})`,
    hint: errno === 'ENOENT' ? `check what ${its} names` : aboutPlace.has(errno) ? elsewhere : hint,
  })
}

function explained(
  kind: StoreKind,
  doing: Doing,
  { reason }: StoreFault,
): { readonly meaning: string; readonly hint: string } {
  const file = 'its file under storage/'
  switch (reason) {
    case 'no-bucket': {
      const word = bucketWord[kind]
      return { meaning: `there is no such ${word}`, hint: `create it, or correct '${word}' in ${file}` }
    }
    case 'denied':
      return { meaning: 'access is denied', hint: `this needs ${rights[kind][doing]}` }
    case 'no-credentials':
      return {
        meaning: 'there are no credentials',
        hint: 'log in as the SDK of the store expects, or name environment variables in its file: see docs/storage.md',
      }
    case 'bad-credentials':
      return {
        meaning: 'the credentials are not accepted',
        hint: 'check them, and whether they have expired',
      }
    case 'wrong-region':
      return { meaning: 'the region is missing or not that of the bucket', hint: `set 'region' in ${file}` }
    case 'clock':
      return { meaning: "this machine's clock differs too much from the store's", hint: 'set the clock' }
    case 'network':
      return { meaning: 'the store does not answer', hint: `check the network, and 'endpoint' in ${file}` }
    case 'busy':
      return { meaning: 'the store failed or is too busy', hint: 'run again in a while; nothing was deleted' }
    case 'other':
      return { meaning: 'the store refused', hint: 'look the word up in the documentation of the store' }
  }
}

/** Words of Node's network layer, and what SDKs make of time-outs. */
const networkWords =
  /^(?:E(?:CONN(?:REFUSED|RESET|ABORTED)|NOTFOUND|AI_AGAIN|TIMEDOUT|HOSTUNREACH|NETUNREACH|PIPE|PROTO)|UND_ERR_\w+|TimeoutError|AbortError|REQUEST_SEND_ERROR|NetworkingError|CERT_\w+|\w+_CERTIFICATE|ERR_(?:STREAM_PREMATURE_CLOSE|SSL_\w+|TLS_\w+))$/

/** A fault below the store, or undefined where the store itself answered. */
export function networkFault(error: unknown): StoreFault | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const word = [wordOf(at, 'code'), at.name].find((text) => text !== undefined && networkWords.test(text))
    if (word !== undefined) return { reason: 'network', word }
  }
  const message = error instanceof Error ? error.message : ''
  const inside =
    /\b(ECONNREFUSED|ECONNRESET|ENOTFOUND|ETIMEDOUT|EAI_AGAIN|EPIPE)\b|socket hang up|aborted/i.exec(message)
  return inside ? { reason: 'network', word: inside[1] ?? 'ECONNRESET' } : undefined
}

/** A property of an error that is a plain word, such as a code; undefined for all else. */
export function wordOf(error: unknown, property: string): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const value: unknown = Reflect.get(error, property)
  return typeof value === 'string' && /^[\w.-]{1,60}$/.test(value) ? value : undefined
}

/** The reason that a status of HTTP gives by itself. */
export function reasonOf(status: number | undefined): FaultReason {
  if (status === undefined) return 'other'
  if (status === 401) return 'bad-credentials'
  if (status === 403) return 'denied'
  return status === 408 || status === 429 || status >= 500 ? 'busy' : 'other'
}
