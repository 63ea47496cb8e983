/** A piece of a text that is replaced; `start` and `end` are indexes in the text as it was. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** A text with pieces replaced, and the way back from places in it. */
export interface Edited {
  readonly text: string
  /** The index in the text as it was for a place in bytes of the edited one. */
  readonly indexAt: (bytes: number) => number | undefined
}

/** Replaces pieces of a text. Edits may come in any order; they do not overlap. */
export function edited(original: string, edits: readonly Edit[]): Edited {
  const parts: { readonly from: number; readonly text: string; readonly moves: boolean }[] = []
  let at = 0
  for (const edit of edits.toSorted((a, b) => a.start - b.start)) {
    parts.push({ from: at, text: original.slice(at, edit.start), moves: true })
    parts.push({ from: edit.start, text: edit.text, moves: false })
    at = edit.end
  }
  parts.push({ from: at, text: original.slice(at), moves: true })
  return {
    text: parts.map(({ text }) => text).join(''),
    indexAt(bytes) {
      let left = bytes
      for (const { from, text, moves } of parts) {
        const length = Buffer.byteLength(text)
        // Inside of what was put in there is no place: it is where that begins.
        if (left < length) return moves ? from + Buffer.from(text).subarray(0, left).toString().length : from
        left -= length
      }
      return left === 0 ? original.length : undefined
    },
  }
}
