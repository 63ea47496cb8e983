import { parseDuration } from '../base/duration.ts'
import { askedText } from '../contract/check-text.ts'
import { isMore } from '../contract/check-values.ts'
import type { DeclaredCheck, DeclaredTable } from '../contract/spec.ts'
import type { BareChange, ChangeKind } from './contract-change.ts'

type Strictness = 'same' | 'looser' | 'tighter' | 'unknown'

/** What changed of the checks of a table and of its columns. Those of columns that came or went are left out. */
export function diffChecks(one: DeclaredTable, other: DeclaredTable): BareChange[] {
  const common = new Set(
    one.columns
      .map(({ name }) => name)
      .filter((name) => other.columns.some((column) => column.name === name)),
  )
  const left = (table: DeclaredTable) =>
    table.checks.filter((check) => columnsOf(check).every((name) => common.has(name)))
  const pairs = pairsOf(left(one), left(other))
  const old = new Set(pairs.map(([check]) => check))
  const now = new Set(pairs.map(([, check]) => check))
  const typeOf = (column: string) => other.columns.find(({ name }) => name === column)?.type ?? ''
  return [
    ...left(one)
      .filter((check) => !old.has(check))
      .map((check) => gone(check)),
    ...pairs.flatMap(([before, after]) => changed(before, after, typeOf)),
    ...left(other)
      .filter((check) => !now.has(check))
      .map((check) => added(check)),
  ]
}

function columnsOf(check: DeclaredCheck): readonly string[] {
  if (check.kind === 'unique') return check.columns
  return 'column' in check && check.column !== undefined ? [check.column] : []
}

/** The same check is found by what it asks; then by its name; then where it is the only one of its kind there. */
function pairsOf(
  before: readonly DeclaredCheck[],
  after: readonly DeclaredCheck[],
): (readonly [DeclaredCheck, DeclaredCheck])[] {
  const pairs: (readonly [DeclaredCheck, DeclaredCheck])[] = []
  let [old, now] = [before, after]
  for (const keyOf of [askedKey, nameKey, placeKey]) {
    for (const check of old) {
      const key = keyOf(check)
      const [match, another] = now.filter((each) => keyOf(each) === key)
      const alone = old.filter((each) => keyOf(each) === key).length === 1 && another === undefined
      if (match === undefined || (keyOf !== askedKey && !alone)) continue
      pairs.push([check, match])
      now = now.filter((each) => each !== match)
    }
    const paired = new Set(pairs.map(([check]) => check))
    old = old.filter((check) => !paired.has(check))
  }
  return pairs
}

function askedKey(check: DeclaredCheck): string {
  const { name: _, severity: __, onFailure: ___, named: ____, where: _____, ...rule } = check
  const spaced = rule.kind === 'row' ? { ...rule, condition: spacedText(rule.condition) } : rule
  return JSON.stringify(Object.entries(spaced).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

function nameKey({ kind, name }: DeclaredCheck): string {
  return JSON.stringify([kind, name])
}

function placeKey(check: DeclaredCheck): string {
  return JSON.stringify([check.kind, columnsOf(check)])
}

/** Spaces outside of quotes do not count. */
function spacedText(condition: string): string {
  return condition
    .trim()
    .replace(/('(?:[^']|'')*'|"(?:[^"]|"")*")|\s+/g, (_, quoted: string | undefined) => quoted ?? ' ')
}

/** A check that only warns is no promise. */
function holds({ onFailure }: DeclaredCheck): boolean {
  return onFailure !== 'warn'
}

function gone(check: DeclaredCheck): BareChange {
  const kinds: { [kind: string]: ChangeKind } = { unique: 'unique-removed', reference: 'reference-removed' }
  return about(check, holds(check) ? (kinds[check.kind] ?? 'check-removed') : 'warning-changed', 'removed')
}

function added(check: DeclaredCheck): BareChange {
  const kinds: { [kind: string]: ChangeKind } = { unique: 'unique-added', reference: 'reference-added' }
  return about(check, holds(check) ? (kinds[check.kind] ?? 'check-added') : 'warning-changed', 'added')
}

function about(check: DeclaredCheck, kind: ChangeKind, verb: 'removed' | 'added'): BareChange {
  const text = askedText(check)
  return {
    kind,
    ...columnPart(check),
    what: `${check.kind === 'row' ? `check (${text})` : text} ${verb}`,
    [verb === 'added' ? 'after' : 'before']: text,
  }
}

function columnPart(check: DeclaredCheck): { readonly column?: string } {
  const [column, another] = columnsOf(check)
  return column === undefined || another !== undefined ? {} : { column }
}

function changed(
  before: DeclaredCheck,
  after: DeclaredCheck,
  typeOf: (column: string) => string,
): BareChange[] {
  const [was, is] = [askedText(before), askedText(after)]
  const texts = was === is ? {} : { before: was, after: is }
  const told = (kind: ChangeKind, what: string): BareChange[] => [
    { kind, ...columnPart(after), what, ...texts },
  ]
  const step = `check (${was}) -> (${is})`
  if (!holds(before) && holds(after))
    return told('check-tightened', `check (${is}) fails, it only warned before`)
  if (holds(before) && !holds(after)) return told('check-loosened', `check (${was}) only warns now`)
  const asked = askedKey(before) === askedKey(after) ? 'same' : strictness(before, after, typeOf)
  if (asked !== 'same') {
    if (!holds(after)) return told('warning-changed', step)
    if (after.kind === 'reference') return told('reference-changed', `${was} -> ${is}`)
    return told(
      ({ looser: 'check-loosened', tighter: 'check-tightened', unknown: 'check-changed' } as const)[asked],
      step,
    )
  }
  if (before.onFailure !== after.onFailure || before.severity !== after.severity)
    return told('reaction-changed', `check (${is}): ${reactionText(before)} -> ${reactionText(after)}`)
  return before.name === after.name
    ? []
    : told('text-changed', `the name of a check ${before.name} -> ${after.name}`)
}

function reactionText({ onFailure, severity }: DeclaredCheck): string {
  return onFailure === 'reject'
    ? `rejects rows (${severity})`
    : onFailure === 'fail'
      ? 'fails the step'
      : 'warns'
}

/** Whether a check lets more or fewer rows pass than it did, where that can be said of its kind. */
function strictness(
  before: DeclaredCheck,
  after: DeclaredCheck,
  typeOf: (column: string) => string,
): Strictness {
  if (before.kind === 'range' && after.kind === 'range') {
    const more = (a: string, b: string) => isMore(typeOf(after.column), a, b)
    return both(bound(before.min, after.min, more), bound(after.max, before.max, more, 'looser'))
  }
  if (
    (before.kind === 'rowCount' && after.kind === 'rowCount') ||
    (before.kind === 'value' && after.kind === 'value' && before.expression === after.expression)
  ) {
    const more = (a: number, b: number) => a > b
    return both(bound(before.min, after.min, more), bound(after.max, before.max, more, 'looser'))
  }
  if (before.kind === 'oneOf' && after.kind === 'oneOf') {
    const lost = before.values.some((value) => !after.values.includes(value))
    const more = after.values.some((value) => !before.values.includes(value))
    if (!lost && !more) return 'same'
    return lost && more ? 'unknown' : lost ? 'tighter' : 'looser'
  }
  if (before.kind === 'fresh' && after.kind === 'fresh') {
    const [was, is] = [parseDuration(before.within), parseDuration(after.within)]
    if (was === undefined || is === undefined) return 'unknown'
    return was === is ? 'same' : is < was ? 'tighter' : 'looser'
  }
  return 'unknown'
}

/** A lower bound that rises is tighter; an upper one is looked at the other way round. */
function bound<T>(
  one: T | undefined,
  other: T | undefined,
  more: (a: T, b: T) => boolean,
  whenFirstIsMissing: 'tighter' | 'looser' = 'tighter',
): Strictness {
  if (one === other) return 'same'
  if (one === undefined) return whenFirstIsMissing
  if (other === undefined) return whenFirstIsMissing === 'tighter' ? 'looser' : 'tighter'
  if (more(other, one)) return 'tighter'
  return more(one, other) ? 'looser' : 'same'
}

function both(one: Strictness, other: Strictness): Strictness {
  if (one === other || other === 'same') return one
  return one === 'same' ? other : 'unknown'
}
