import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { placeText, problemsOf } from '../../src/base/problem.ts'
import { openStorage, readStorageConfig } from '../../src/storage/config.ts'
import type { StorageConfig } from '../../src/storage/config.ts'
import { driverPackage } from '../../src/storage/driver-package.ts'

let project: string
beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'sluice-config-'))
  await mkdir(join(project, 'storage'))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(project, { recursive: true, force: true })
})

async function configOf(text: string): Promise<StorageConfig> {
  await writeFile(join(project, 'storage/lake.yaml'), text)
  return readStorageConfig(project, 'lake')
}

/** The Problems of work that must fail, in short. */
async function told(work: () => Promise<unknown>): Promise<string[]> {
  const error = await work().then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  return (problemsOf(error) ?? []).map(
    ({ code, message, where, hint }) =>
      `${where ? `${placeText(where)}: ` : ''}${message} [${code}]${hint === undefined ? '' : ` | ${hint}`}`,
  )
}

describe('the file of a storage in a bucket', () => {
  it.each([
    ['kind: s3\nbucket: lake\n', 's3://lake'],
    ['kind: s3\nbucket: lake\nprefix: /teams/one/\nregion: eu-west-1\ncache: 2GB\n', 's3://lake/teams/one'],
    ['kind: gcs\nbucket: lake\nendpoint: http://localhost:1\n', 'gs://lake'],
    [
      'kind: azure\naccount: acme\ncontainer: lake\naccountKey: ${env:SLUICE_TEST_KEY}\n',
      'azure://acme/lake',
    ],
    ['kind: s3\nbucket: ${env:SLUICE_TEST_BUCKET}\n', 's3://${env:SLUICE_TEST_BUCKET}'],
  ])('%j opens', async (text, place) => {
    vi.stubEnv('SLUICE_TEST_KEY', Buffer.from('key').toString('base64'))
    vi.stubEnv('SLUICE_TEST_BUCKET', 'hidden-name')
    const storage = await openStorage(await configOf(text))
    expect(storage.place).toBe(place)
    expect(storage.pathOf('a/b')).toBeUndefined()
    await storage.close()
  })

  it.each<[string, string, string[]]>([
    [
      'secrets that stand in the file',
      'kind: s3\nbucket: lake\naccessKeyId: AKIA123\nsecretAccessKey: x${env:KEY}\n',
      [
        "storage/lake.yaml:3:14: storage 'lake': 'accessKeyId' stands in the file itself [storage/secret-inline] | write accessKeyId: ${env:AWS_ACCESS_KEY_ID}, and set AWS_ACCESS_KEY_ID where Sluice runs; if the file was ever shared, replace the secret",
        "storage/lake.yaml:4:18: storage 'lake': 'secretAccessKey' stands in the file itself [storage/secret-inline] | write secretAccessKey: ${env:AWS_SECRET_ACCESS_KEY}, and set AWS_SECRET_ACCESS_KEY where Sluice runs; if the file was ever shared, replace the secret",
      ],
    ],
    [
      'a misspelled key',
      'kind: s3\nbuckt: lake\nbucket: lake\n',
      [
        "storage/lake.yaml:2:1: storage 'lake': the kind 's3' has no key 'buckt' [storage/config-invalid] | did you mean 'bucket'?",
      ],
    ],
    [
      'a bucket that is an address, and a size that is none',
      'kind: s3\nbucket: s3://lake\ncache: much\n',
      [
        "storage/lake.yaml:2:9: storage 'lake': 'bucket': is only the name: letters, digits, . _ and -, without an address or a path [storage/config-invalid]",
        "storage/lake.yaml:3:8: storage 'lake': 'cache': is not a size such as 10GB [storage/config-invalid]",
      ],
    ],
    [
      'half a pair of keys',
      'kind: s3\nbucket: lake\naccessKeyId: ${env:KEY}\n',
      [
        "storage/lake.yaml:3:14: storage 'lake': 'accessKeyId': 'accessKeyId' and 'secretAccessKey' are given together, or neither [storage/config-invalid]",
      ],
    ],
    [
      'a container without an account',
      'kind: azure\ncontainer: lake\n',
      [
        "storage/lake.yaml:1:1: storage 'lake': 'account': one of 'account', 'endpoint' and 'connectionString' must be given [storage/config-invalid]",
      ],
    ],
    [
      'a prefix that leaves the bucket',
      'kind: gcs\nbucket: lake\nprefix: a/../b\n',
      ["storage/lake.yaml:3:9: storage 'lake': 'prefix': holds a segment . or .. [storage/config-invalid]"],
    ],
  ])('tells of %s', async (_, text, expected) => {
    expect(await told(() => configOf(text))).toEqual(expected)
  })

  it('tells all variables that are not set', async () => {
    const text =
      'kind: s3\nbucket: lake\naccessKeyId: ${env:SLUICE_TEST_ID}\nsecretAccessKey: ${env:SLUICE_TEST_KEY}\n'
    const config = await configOf(text)
    expect(await told(() => openStorage(config))).toEqual([
      "storage/lake.yaml: storage 'lake': the environment variable SLUICE_TEST_ID, which 'accessKeyId' refers to, is not set or empty [storage/config-invalid] | set SLUICE_TEST_ID",
      "storage/lake.yaml: storage 'lake': the environment variable SLUICE_TEST_KEY, which 'secretAccessKey' refers to, is not set or empty [storage/config-invalid] | set SLUICE_TEST_KEY",
    ])
  })

  it.each(['https://host/?sig=hush', 'https://me:hush@host', 'host:9000'])(
    'refuses the endpoint %s without repeating it',
    async (endpoint) => {
      const found = await told(async () =>
        openStorage(await configOf(`kind: s3\nbucket: lake\nendpoint: ${endpoint}\n`)),
      )
      expect(found).toHaveLength(1)
      expect(found[0]).toContain("'endpoint' is not an address such as https://host:port")
      expect(found[0]).not.toContain('hush')
    },
  )

  it('refuses names from the environment that are none, without repeating them', async () => {
    vi.stubEnv('SLUICE_TEST_BUCKET', 'a/../hush')
    const found = await told(async () =>
      openStorage(await configOf('kind: s3\nbucket: ${env:SLUICE_TEST_BUCKET}\n')),
    )
    expect(found).toEqual([
      "storage/lake.yaml: storage 'lake': 'bucket' is not the name of one [storage/config-invalid]",
    ])
  })

  it('does not repeat a connection string that is none', async () => {
    vi.stubEnv('SLUICE_TEST_STRING', 'AccountKey=hush;nonsense')
    const text = 'kind: azure\ncontainer: lake\nconnectionString: ${env:SLUICE_TEST_STRING}\n'
    const found = await told(async () => openStorage(await configOf(text)))
    expect(found).toEqual([
      "storage/lake.yaml: storage 'lake': 'connectionString' is not one of Azure Storage [storage/config-invalid] | copy it whole from the portal",
    ])
  })
})

describe('the package of a cloud', () => {
  it('is named when it is not installed', async () => {
    expect(await told(() => driverPackage(project, 'lake', '@sluice-tests/never-published'))).toEqual([
      "storage/lake.yaml: storage 'lake' needs the package @sluice-tests/never-published, which is not installed [storage/package-missing] | npm install @sluice-tests/never-published",
    ])
  })

  it("is the project's own where it has one", async () => {
    const folder = join(project, 'node_modules/@google-cloud/storage')
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'index.js'), 'exports.mine = true')
    expect(await driverPackage(project, 'lake', '@google-cloud/storage')).toEqual({ mine: true })
  })
})
