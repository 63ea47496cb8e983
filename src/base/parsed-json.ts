/** What a JSON text holds; undefined, which no JSON text is, when it is none. Other errors are thrown on. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
