import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { WebFault, webProblem, type WebSubject } from './web-fault.ts'
import { writeHashed } from './write-hashed.ts'

/**
 * Writes the body of an answer into a new file, unpacked where it is gzip (by its encoding, or by the name of the
 * address), and hashed on the way. A body that is shorter than its length, or whose gzip does not end, is never
 * whole; one whose end nothing shows is not taken.
 *
 * @param most bytes, unpacked
 */
export async function writeBody(
  subject: WebSubject,
  response: IncomingMessage,
  file: string,
  most: number,
): Promise<{ bytes: number; hash: string }> {
  const { 'content-encoding': encoding = 'identity', 'content-length': length } = response.headers
  const isGzip = /^(x-)?gzip$/i.test(encoding) || /\.gz$/i.test(new URL(subject.address).pathname)
  const refuse = (error: WebFault): never => {
    response.destroy()
    throw error
  }
  if (!/^((x-)?gzip|identity)$/i.test(encoding))
    refuse(unreadable(subject, `comes in the encoding '${encoding}', which was not asked for`))
  if (!isGzip && length === undefined && response.headers['transfer-encoding'] === undefined)
    refuse(unreadable(subject, 'comes without its length, so that nothing shows whether it is whole'))
  if (Number(length ?? 0) > most) refuse(tooLarge(subject, most))
  return writeHashed(bounded(unpacked(counted(response), isGzip), most, subject), file)
}

/** Ends with an error where fewer bytes came than were told: Node tells so too, but not in each version and case. */
async function* counted(response: IncomingMessage): AsyncIterable<Uint8Array> {
  const told = response.headers['content-length']
  let bytes = 0
  for await (const piece of response as AsyncIterable<Uint8Array>) {
    bytes += piece.length
    yield piece
  }
  if (!response.complete || (told !== undefined && bytes !== Number(told)))
    throw Object.assign(new Error('cut'), { code: 'ECONNRESET' })
}

function unpacked(pieces: AsyncIterable<Uint8Array>, isGzip: boolean): AsyncIterable<Uint8Array> {
  if (!isGzip) return pieces
  const unpacking = createGunzip()
  // Its error reaches whoever reads what is unpacked.
  pipeline(pieces, unpacking as NodeJS.WritableStream).catch(() => undefined)
  return unpacking as Readable
}

async function* bounded(
  pieces: AsyncIterable<Uint8Array>,
  most: number,
  subject: WebSubject,
): AsyncIterable<Uint8Array> {
  let bytes = 0
  for await (const piece of pieces) {
    bytes += piece.length
    if (bytes > most) throw tooLarge(subject, most)
    yield piece
  }
}

function unreadable(subject: WebSubject, what: string): WebFault {
  return new WebFault(webProblem(subject, 'source/unreadable', what))
}

function tooLarge(subject: WebSubject, most: number): WebFault {
  const size = most >= 1e9 ? `${most / 1e9} GB` : `${most / 1e6} MB`
  return new WebFault(
    webProblem(subject, 'source/limit', `is larger than ${size}`, "say more: `maxSize: '50GB'`"),
  )
}
