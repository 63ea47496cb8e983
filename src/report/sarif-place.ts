import { sha256 } from '../base/digest.ts'
import type { Place, Problem } from '../base/problem.ts'
import { fileWithin } from './told.ts'

/** Stands for the root of the repository; GitHub resolves it so. */
export const srcRoot = '%SRCROOT%'

/** A place as a location of SARIF: a URI that is relative to the repository where the file is in it. */
export function sarifLocation({ file, line, column }: Place, within?: string) {
  const path = fileWithin(file, within).toWellFormed()
  const absolute = path.startsWith('/') || /^[A-Za-z]:\//.test(path)
  const isWeb = /^https?:\/\//i.test(path)
  const uri = isWeb ? encodeURI(path) : path.split('/').map(encodeURIComponent).join('/')
  const region =
    line === undefined ? undefined : { startLine: line, ...(column !== undefined && { startColumn: column }) }
  return {
    physicalLocation: {
      artifactLocation: isWeb
        ? { uri }
        : absolute
          ? { uri: `file://${uri.startsWith('/') ? '' : '/'}${uri}` }
          : { uri, uriBaseId: srcRoot },
      ...(region && { region }),
    },
  }
}

/**
 * What each Problem is known by from one run to the next: its code, file and message without lines and columns,
 * and which of equal ones it is. So it stays the same when lines move.
 */
export function problemFingerprints(problems: readonly Problem[]): string[] {
  const seen = new Map<string, number>()
  return problems.map(({ code, message, where }) => {
    const plain = JSON.stringify([code, where?.file ?? '', message.replace(/:\d+(?::\d+)?/g, '')])
    const count = seen.get(plain) ?? 0
    seen.set(plain, count + 1)
    return sha256(`${plain}\n${count}`).slice(0, 32)
  })
}
