/** Shorter values would blank half of every text, and are no secrets. */
const shortest = 4
/** Shorter values have encodings that stand in other texts by chance. */
const shortestEncoded = 8

/** The texts in which the value of a secret can stand in a message, the longest first. */
export function secretForms(values: readonly (string | undefined)[]): string[] {
  const forms = new Set<string>()
  for (const value of values) if (value !== undefined) for (const form of formsOf(value)) forms.add(form)
  // One secret may be the beginning of another.
  return [...forms].toSorted((a, b) => b.length - a.length)
}

function formsOf(value: string): string[] {
  if (value.length < shortest) return []
  // What is printed comes line by line; the lines of a key in PEM form are secret each.
  const lines = value.split(/\r?\n/).filter((line) => line !== value && line.length >= shortestEncoded)
  return [value, ...lines].flatMap((text) => [text, ...escaped(text), ...encoded(text)])
}

function escaped(text: string): string[] {
  const json = JSON.stringify(text).slice(1, -1)
  const xml = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return [
    json,
    // Within a text within a text, as a JSON body in an error does it.
    JSON.stringify(json).slice(1, -1),
    text.replaceAll("'", "''"),
    text.replaceAll("'", "\\'"),
    xml,
    xml.replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
    ...uris(text),
  ]
}

function uris(text: string): string[] {
  const query = new URLSearchParams([['', text]]).toString().slice(1)
  return [encodeURIComponent(text), encodeURI(text), query, encodeURIComponent(encodeURIComponent(text))]
}

function encoded(text: string): string[] {
  if (text.length < shortestEncoded) return []
  const bytes = Buffer.from(text)
  const hex = bytes.toString('hex')
  return [hex, hex.toUpperCase(), ...[0, 1, 2].flatMap((before) => within64(bytes, before))]
}

/**
 * The characters of Base64 (RFC 4648) that follow from a value alone when so many bytes stand before it, as the
 * name of the user does in the header of HTTP's basic authentication.
 */
function within64(bytes: Buffer, before: number): string[] {
  const padded = Buffer.concat([Buffer.alloc(before), bytes])
  const first = Math.ceil((before * 8) / 6)
  const last = Math.floor((padded.length * 8) / 6)
  const [standard, forUrls] = (['base64', 'base64url'] as const).map((kind) =>
    padded.toString(kind).slice(first, last),
  )
  return [standard ?? '', forUrls ?? '']
}
