import type { ChangeLevel } from './contract-change.ts'

/** Major, minor and patch of a version, or undefined when it is none. */
export function versionParts(version: string): readonly [number, number, number] | undefined {
  const match = /^(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})$/.exec(version)
  return match ? [Number(match[1]), Number(match[2]), Number(match[3])] : undefined
}

/** The version after a change: breaking counts the major up, compatible the minor, neutral the patch. */
export function nextVersion(version: string, level: ChangeLevel | undefined): string {
  const [major, minor, patch] = versionParts(version) ?? [1, 0, 0]
  if (level === 'breaking') return `${major + 1}.0.0`
  if (level === 'compatible') return `${major}.${minor + 1}.0`
  return level === 'neutral' ? `${major}.${minor}.${patch + 1}` : version
}
