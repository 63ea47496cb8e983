import { z } from 'zod'
import { parseSize } from '../base/size.ts'
import { defaultRoot } from './kinds.ts'
import type { StorageKind } from './kinds.ts'

/** No file system takes a NUL in a path, and no person means a line break. */
const text = z
  .string()
  .min(1)
  // eslint-disable-next-line no-control-regex -- control characters are what is refused
  .regex(/^[^\u0000-\u001f]*$/, 'holds a control character')

const refers = (value: string): boolean => value.includes('${')
const bucket = text.refine((value) => refers(value) || /^[\w.-]+$/.test(value), {
  error: 'is only the name: letters, digits, . _ and -, without an address or a path',
})
const prefix = text.refine(
  (value) => refers(value) || value.split('/').every((part) => part !== '.' && part !== '..'),
  { error: 'holds a segment . or ..' },
)
const size = text.refine((value) => parseSize(value) !== undefined, { error: 'is not a size such as 10GB' })

/** What all stores of a cloud have. */
const remote = { prefix: prefix.optional(), cache: size.optional(), cacheFolder: text.optional() }
const endpoint = text.optional()
const secret = text.optional()

/** A rule over several keys; the message stands at the first of them. */
const together = (keys: readonly [string, ...string[]], error: string) => ({ path: [keys[0]], error })

/** The keys of each kind of storage beside `kind`. */
export const forms = {
  local: z.strictObject({ root: text.default(defaultRoot) }),
  memory: z.strictObject({}),
  s3: z
    .strictObject({
      bucket,
      ...remote,
      region: text.optional(),
      endpoint,
      pathStyle: z.boolean().optional(),
      accessKeyId: secret,
      secretAccessKey: secret,
      sessionToken: secret,
    })
    .refine(
      ({ accessKeyId, secretAccessKey }) => (accessKeyId === undefined) === (secretAccessKey === undefined),
      together(['accessKeyId'], "'accessKeyId' and 'secretAccessKey' are given together, or neither"),
    ),
  azure: z
    .strictObject({
      container: bucket,
      ...remote,
      account: bucket.optional(),
      endpoint,
      connectionString: secret,
      accountKey: secret,
      sasToken: secret,
    })
    .refine(
      (keys) => [keys.account, keys.endpoint, keys.connectionString].some((key) => key !== undefined),
      together(['account'], "one of 'account', 'endpoint' and 'connectionString' must be given"),
    )
    .refine(
      ({ accountKey, account }) => accountKey === undefined || account !== undefined,
      together(['accountKey'], "needs 'account'"),
    ),
  gcs: z.strictObject({
    bucket,
    ...remote,
    endpoint,
    projectId: text.optional(),
    keyFile: text.optional(),
  }),
} satisfies { [kind in StorageKind]: z.ZodType }

/** Keys whose values are secrets, with the variable that is usual for each. */
export const secretKeys: { readonly [key: string]: string } = {
  accessKeyId: 'AWS_ACCESS_KEY_ID',
  secretAccessKey: 'AWS_SECRET_ACCESS_KEY',
  sessionToken: 'AWS_SESSION_TOKEN',
  connectionString: 'AZURE_STORAGE_CONNECTION_STRING',
  accountKey: 'AZURE_STORAGE_KEY',
  sasToken: 'AZURE_STORAGE_SAS_TOKEN',
}
