import type { Problem } from '../base/problem.ts'
import { didYouMean } from '../base/suggest.ts'
import type { DeclaredTable } from '../contract/spec.ts'
import { parseSqlType } from '../contract/sql-type.ts'
import { lockFileOf } from './odcs/names.ts'
import { ours, type Plain } from './odcs/plain.ts'
import { customIn } from './odcs/read-checks.ts'
import { tableIn, tellTableName, type TypeOf } from './odcs/read.ts'
import { typeNames, unknownTypes } from './odcs/types.ts'
import { versionParts } from './semver.ts'
import { YamlPage, type PagePath } from './yaml-page.ts'
import { YamlValues } from './yaml-values.ts'

/** A file of the lock, read. */
export interface LockedContract {
  /** Relative to the project, with `/`. */
  readonly file: string
  readonly text: string
  readonly table: DeclaredTable
  readonly version: string
  /** Why breaking changes were made, oldest first. */
  readonly history: readonly Plain[]
}

/** One breaking change that somebody took on, as the lock keeps it. */
export interface Acknowledged {
  readonly version: string
  readonly why: string
  readonly changes: readonly string[]
}

/** A file of the lock before it is read. */
export interface LockText {
  readonly file: string
  readonly text: string
}

/** Reads all files of a lock. With Problems, the contracts are not to be used. */
export function readLock(files: readonly LockText[]): {
  readonly contracts: readonly LockedContract[]
  readonly problems: readonly Problem[]
} {
  const read = files.map(({ file, text }) => readOne(file, text))
  const contracts = read.flatMap(({ contract }) => contract ?? [])
  return { contracts, problems: [...read.flatMap(({ problems }) => problems), ...twiceProblems(contracts)] }
}

function readOne(file: string, text: string): { contract?: LockedContract; problems: readonly Problem[] } {
  const page = YamlPage.parse(text, file, 'contract/lock-invalid')
  if (!(page instanceof YamlPage)) return { problems: page }
  const values = new YamlValues(page)
  tellKind(values)
  const version = values.needed(['version'])
  if (version !== '' && !versionParts(version))
    values.wrong(['version'], `the version '${version}' is not of the form 1.0.0`)
  const objects = values.items(['schema'])
  if (objects.length !== 1)
    values.wrong(['schema'], `a file of the lock has one table in its schema; here are ${objects.length}`)
  const history = customIn(values, [])[`${ours}Breaking`]
  const table = tableIn(values, objects[0] ?? ['schema', 0], lockedType)
  tellTableName(values, ['schema', 0], table.name)
  if (values.problems.length > 0) return { problems: values.problems }
  return {
    contract: { file, text, table, version, history: Array.isArray(history) ? (history as Plain[]) : [] },
    problems: [],
  }
}

function tellKind(values: YamlValues): void {
  const kind = values.needed(['kind'])
  if (kind !== '' && kind !== 'DataContract') {
    const hint = didYouMean(kind, ['DataContract'])
    values.wrong(['kind'], `the kind '${kind}' is not 'DataContract'`, hint)
  }
  const version = values.needed(['apiVersion'])
  if (version !== '' && !/^v3\.\d+\.\d+$/.test(version))
    values.wrong(
      ['apiVersion'],
      `the version '${version}' of ODCS is not one that Sluice reads`,
      'it reads v3.x',
    )
}

const lockedType: TypeOf = (values: YamlValues, path: PagePath) => {
  const type = values.needed([...path, 'physicalType'])
  const [wrong] = type === '' ? [] : unknownTypes(parseSqlType(type))
  if (wrong === undefined) return type
  const column = values.text([...path, 'name']) ?? ''
  values.problems.push({
    ...values.page.problem(
      [...path, 'physicalType'],
      `column '${column}': '${wrong}' is not a type of a contract`,
      didYouMean(wrong.toUpperCase(), typeNames),
    ),
    code: 'contract/type-unknown',
  })
  return type
}

function twiceProblems(contracts: readonly LockedContract[]): Problem[] {
  const first = new Map<string, LockedContract>()
  const problems: Problem[] = []
  for (const contract of contracts) {
    const { name, where } = contract.table
    const other = first.get(name)
    if (other)
      problems.push({
        code: 'contract/lock-invalid',
        message: `the contract of '${name}' stands in ${other.file} too`,
        ...(where && { where }),
        hint: `keep one of them: ${lockFileOf(name)}`,
      })
    else if (contract.file !== lockFileOf(name) && !contracts.some((each) => each.file === lockFileOf(name)))
      problems.push({
        code: 'contract/lock-invalid',
        message: `the contract of '${name}' belongs into ${lockFileOf(name)}`,
        ...(where && { where }),
        hint: 'rename the file',
      })
    first.set(name, contract)
  }
  return problems
}
