import { change, difference, valueChanges, type Change } from './changes.ts'
import type { StepDetail } from './step-detail.ts'
import { fileChanges } from './member-changes.ts'
import type { Reason } from './reason.ts'

/** So many files of a source are listed. */
const shownFiles = 20

/**
 * What changed within a reason, by comparing what a commit kept with what is now: files and symbols of the
 * code, args, columns of contracts, files of sources. Empty where the commit kept nothing.
 */
export function changesWithin(reason: Reason, before: StepDetail | undefined, now: StepDetail): Change[] {
  if (!before) return []
  const subject = reason.subject ?? ''
  switch (reason.word) {
    case 'code-changed':
      return [...codeChanges(before, now)]
    case 'args-changed':
      return valueChanges(before.args, now.args)
    case 'contract-changed':
      return contractChanges(subject, before, now)
    case 'input-changed':
      return inputChanges(subject, before, now)
    default:
      return []
  }
}

function codeChanges(before: StepDetail, now: StepDetail): Change[] {
  const symbols = difference(before.symbols, now.symbols).map(({ key, was, is }) => {
    const [file = '', symbol = ''] = key.split('#')
    const verb = was === undefined ? 'is new' : is === undefined ? 'is gone' : 'changed'
    return { what: symbol === '' ? `${file} ${verb}` : `\`${symbol}\` in ${file} ${verb}` }
  })
  const packages = listDifference(before.packages, now.packages)
  return [...symbols, ...packages]
}

/** Packages pair up by name, so that a new version reads as one change. */
function listDifference(before: readonly string[], now: readonly string[]): Change[] {
  const name = (id: string) => id.replace(/(.)@.*$/, '$1')
  const shown = (id: string | undefined) => id?.split(' ')[0]
  const old = Object.fromEntries(before.map((id) => [name(id), id]))
  const young = Object.fromEntries(now.map((id) => [name(id), id]))
  return difference(old, young).map(({ key, was, is }) => change(`package ${key}`, shown(was), shown(is)))
}

function contractChanges(subject: string, before: StepDetail, now: StepDetail): Change[] {
  const changed = (side: string) =>
    difference(before.contracts[`${side}:${subject}`] ?? {}, now.contracts[`${side}:${subject}`] ?? {})
  for (const side of ['out', 'in']) {
    if (!now.contracts[`${side}:${subject}`]) continue
    const columns = changed(side).map(({ key, was, is }) => change(`column ${key}`, was, is))
    const checks = changed('checks').map(({ key, was, is }) => change(`check ${key}`, was, is))
    const found = side === 'out' ? [...columns, ...checks] : columns
    return found.length > 0 ? found : [{ what: `handle, key or rejects of ${subject} changed` }]
  }
  return []
}

function inputChanges(handle: string, before: StepDetail, now: StepDetail): Change[] {
  const files = now.sources[handle]
  if (files) {
    const changes = fileChanges(before.sources[handle] ?? {}, files)
    const more = changes.length - shownFiles
    const rest = more > 0 ? [{ what: `and ${more} files more` }] : []
    return [...changes.slice(0, shownFiles).map((what) => ({ what })), ...rest]
  }
  const was = before.tables[handle]
  const is = now.tables[handle]
  return was === is ? [] : [change(handle, was, is)]
}
