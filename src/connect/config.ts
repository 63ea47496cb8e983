import { z } from 'zod'
import { parseDuration } from '../base/duration.ts'

const text = z
  .string()
  .min(1)
  // eslint-disable-next-line no-control-regex -- control characters are what is refused
  .regex(/^[^\u0000-\u001f]*$/, 'holds a control character')
  .refine(
    (value) => !value.replaceAll(/\$\{env:[A-Za-z_][A-Za-z0-9_]*\}/g, '').includes('${'),
    'holds a reference that is not of the form ${env:NAME}',
  )

const secret = text.regex(
  /^\$\{env:[A-Za-z_][A-Za-z0-9_]*\}$/,
  'a secret stands in the file itself: write password: ${env:NAME}, and set NAME where Sluice runs',
)

/** `postgres://user:secret@host/db` with the secret in the file, which is kept in a repository. */
const holdsPassword = (url: string): boolean =>
  [/^[a-z]+:\/\/[^@/]*:([^@]*)@/i, /[?&]password=([^&]*)/i].some((pattern) => {
    const found = pattern.exec(url)?.[1]
    return found !== undefined && found !== '' && !/^\$\{env:\w+\}$/.test(found)
  })

const url = text
  .refine(
    (value) => value.startsWith('${') || /^postgres(ql)?:\/\//.test(value),
    "is not an address such as postgres://user@host:5432/database, or '${env:NAME}'",
  )
  .refine(
    (value) => !holdsPassword(value),
    'a password stands in the file itself: write ${env:NAME} in its place, and set NAME where Sluice runs',
  )

const duration = text.refine(
  (value) => parseDuration(value) !== undefined,
  "no length of time, such as '10s' or '1m'",
)

export const sslModes = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'] as const
export type SslMode = (typeof sslModes)[number]

const postgres = z
  .strictObject({
    kind: z.literal('postgres'),
    /** All of the following in one text, as libpq writes it; what stands beside it counts more. */
    url: url.optional(),
    host: text.optional(),
    port: z.number().int().min(1).max(65535).optional(),
    database: text.optional(),
    user: text.optional(),
    password: secret.optional(),
    sslmode: z.enum(sslModes).optional(),
    /** A file with the certificates of authorities that are trusted, from the project. */
    sslrootcert: text.optional(),
    /** How long it may take to connect; 10 s when left out. */
    timeout: duration.optional(),
  })
  .refine(
    ({ url: whole, host }) => whole !== undefined || host !== undefined,
    "one of 'url' and 'host' must be given",
  )

const sqlite = z.strictObject({
  kind: z.literal('sqlite'),
  /** The file of the database, from the project. */
  file: text.refine((value) => !/^(file|libsql|wss?|https?):/i.test(value), 'is not the path of a file'),
  /** An empty database is made where there is no file. */
  create: z.boolean().optional(),
})

/** `connections:` of `sluice.yaml`. */
export const connectionsForm = z.record(
  text.regex(/^[A-Za-z_][A-Za-z0-9_-]{0,99}$/, 'a name has letters, digits, _ and -'),
  z.discriminatedUnion('kind', [postgres, sqlite], {
    error: (issue) =>
      issue.code === 'invalid_union' ? "the key 'kind' is 'postgres' or 'sqlite'" : undefined,
  }),
)

export type PostgresConfig = z.output<typeof postgres>
export type SqliteConfig = z.output<typeof sqlite>
export type ConnectionConfig = PostgresConfig | SqliteConfig
/** By name; references to the environment stand in it as they were written. */
export type Connections = { readonly [name: string]: ConnectionConfig }
