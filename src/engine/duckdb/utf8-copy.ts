import { createWriteStream } from 'node:fs'
import { TextDecoder } from 'node:util'
import { once } from 'node:events'
import { ProblemError } from '../../base/problem.ts'
import type { TextEncoding } from '../../contract/source.ts'
import type { DeclaredSource } from '../../contract/spec.ts'
import { plainBytes } from './plain-bytes.ts'

type Foreign = Exclude<TextEncoding, 'utf-8'>

/** Bytes that stand for no letter: controls that no text has, where the other encoding has letters. */
const unused: Readonly<Record<Foreign, (byte: number) => boolean>> = {
  'latin-1': (byte) => byte >= 0x80 && byte <= 0x9f,
  'windows-1252': (byte) => [0x81, 0x8d, 0x8f, 0x90, 0x9d].includes(byte),
  'utf-16': () => false,
}

/**
 * Copies a file as UTF-8, unpacked, without its byte order mark. Node's decoders do it (WHATWG, "Encoding"): of DuckDB,
 * UTF-16 of the other byte order comes out as no rows, and Windows-1252 is not built in.
 */
export async function copyAsUtf8(
  source: DeclaredSource,
  encoding: Foreign,
  file: string,
  to: string,
): Promise<void> {
  const out = createWriteStream(to)
  let line = 1
  let decoder: TextDecoder | undefined
  const wrong = (text: string, at: number) => wrongEncoding(source, encoding, file, at + newlines(text))
  try {
    for await (const chunk of plainBytes(file)) {
      decoder ??= new TextDecoder(labelOf(encoding, chunk), { fatal: true })
      const bad = chunk.findIndex(unused[encoding])
      if (bad >= 0) throw wrong(chunk.toString('latin1', 0, bad), line)
      const text = decodedBy(decoder, chunk)
      if (text === undefined)
        throw wrong(new TextDecoder(labelOf(encoding, chunk)).decode(chunk).split('\ufffd')[0] ?? '', line)
      line += newlines(text)
      if (!out.write(text)) await once(out, 'drain')
    }
    if (decoder && decodedBy(decoder) === undefined) throw wrong('', line)
  } finally {
    out.end()
    await once(out, 'close')
  }
}

/** Without a mark the low byte comes first, as on Windows. */
function labelOf(encoding: Foreign, first: Buffer): string {
  if (encoding !== 'utf-16') return 'windows-1252'
  return first[0] === 0xfe && first[1] === 0xff ? 'utf-16be' : 'utf-16le'
}

function decodedBy(decoder: TextDecoder, chunk?: Buffer): string | undefined {
  try {
    return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode()
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}

function newlines(text: string): number {
  let count = 0
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++
  return count
}

function wrongEncoding(source: DeclaredSource, encoding: Foreign, file: string, line: number): ProblemError {
  const other =
    encoding === 'latin-1'
      ? "it may be Windows-1252: encoding: 'windows-1252'"
      : 'compare the file with the encoding that its source says'
  return new ProblemError({
    code: 'source/encoding',
    message: `source '${source.name}': the file is not ${encoding}`,
    where: { file, line },
    hint: other,
  })
}
