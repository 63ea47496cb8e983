/** `*` stands for any text within a folder, `**` for any text, `?` for one character. */
export function matcher(pattern: string): (name: string) => boolean {
  if (!/[*?]/.test(pattern)) return (name) => name === pattern
  const source = pattern.replace(/\*\*|[*?]|[^*?]+/g, (part) => {
    if (part === '**') return '.*'
    if (part === '*') return '[^/]*'
    return part === '?' ? '[^/]' : part.replace(/[.+^${}()|[\]\\/-]/g, String.raw`\$&`)
  })
  const regex = new RegExp(`^${source}$`)
  return (name) => regex.test(name)
}
